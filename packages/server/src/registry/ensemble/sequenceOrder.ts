import type { Infer } from "@longshore/core";

/**
 * Answers the requests of each sequence one after another: on their ways through the steps, one could
 * otherwise overtake another before both come to the model that remembers.
 */
export function sequencesInOrder(infer: Infer): Infer {
  /** Settles when all requests of a sequence so far were answered. */
  const tails = new Map<bigint | string, Promise<unknown>>();
  return (request, context) => {
    const id = request.sequence?.id;
    if (id === undefined) return infer(request, context);
    const before = tails.get(id);
    const turn =
      before === undefined ? infer(request, context) : before.then(() => infer(request, context));
    const tail = turn
      .catch(() => undefined)
      .then(() => {
        if (tails.get(id) === tail) tails.delete(id);
      });
    tails.set(id, tail);
    return turn;
  };
}
