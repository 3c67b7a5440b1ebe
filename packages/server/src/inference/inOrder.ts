import { fail, type Infer, type InferContext, type InferResponse } from "@longshore/core";

/**
 * Holds each answer back until all earlier requests are answered, so that answers leave in the order
 * in which requests came. Failures are not held back, and hold nobody up.
 *
 * @param model name of the model, for messages.
 * @throws LongshoreError TIMEOUT and CANCELLED also for an answer that is held back; whatever the
 *   inference throws.
 */
export function inOrder(infer: Infer, model: string): Infer {
  /** Settles when every request so far has been answered. */
  let tail: Promise<void> = Promise.resolve();
  return (request, context) => {
    const started = performance.now();
    const before = tail;
    const late = (): Error =>
      fail("TIMEOUT", { elapsed: Math.round(performance.now() - started), model });
    const answer = infer(request, context).then((response) =>
      hold(response, before, context, late),
    );
    // Of what came before, only that it did: its answers are not kept.
    tail = Promise.allSettled([before, answer]).then(() => undefined);
    return answer;
  };
}

function hold(
  response: InferResponse,
  until: Promise<unknown>,
  { signal, deadline }: InferContext,
  late: () => Error,
): Promise<InferResponse> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(fail("CANCELLED")));
    const timer =
      deadline === undefined
        ? undefined
        : setTimeout(
            () => settle(() => reject(late())),
            Math.min(deadline - performance.now(), 2 ** 31 - 1),
          );
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      act();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    void until.then(() => settle(() => resolve(response)));
  });
}
