import { checkLimit, type Limit } from "./predict.ts";

/**
 * Waits for work in a thread no longer than its caller does. The work itself goes on: nobody takes
 * what comes of it.
 *
 * @throws LongshoreError CANCELLED, TIMEOUT; what the work throws.
 */
export function within<T>(work: Promise<T>, limit: Limit): Promise<T> {
  const { signal, deadline } = limit;
  if (signal === undefined && deadline === undefined) return work;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = (now: number): void => {
    try {
      checkLimit(limit, now);
    } catch (error) {
      reject(error);
    }
  };
  const onAbort = (): void => giveUp(performance.now());
  const timer =
    deadline === undefined
      ? undefined
      : setTimeout(
          () => giveUp(deadline),
          Math.min(Math.max(0, deadline - performance.now()), 2 ** 31 - 1),
        );
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  work.then(resolve, reject);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  });
}
