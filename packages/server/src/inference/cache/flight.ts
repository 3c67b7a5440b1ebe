import { fail, type CancelSignal } from "@longshore/core";

/**
 * A run that equal requests share: it goes on as long as one of them still wants its answer.
 *
 * For requests without limits of their own, which all may wait as long as each other.
 */
export class Flight<Answer> {
  readonly answer: Promise<Answer>;
  readonly #controller = new AbortController();
  #callers = 0;

  /** @param start begins the run, which ends when its signal aborts. */
  constructor(start: (signal: CancelSignal) => Promise<Answer>) {
    this.answer = start(this.#controller.signal);
    // Callers that left do not hear of its failure.
    this.answer.catch(() => undefined);
  }

  /** Whether everybody has left, so that nobody may join any more. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /**
   * Waits for the answer.
   *
   * @throws LongshoreError CANCELLED when this caller is gone; whatever the run throws.
   */
  join(signal: CancelSignal | undefined): Promise<Answer> {
    this.#callers++;
    if (signal === undefined) return this.answer;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const leave = (): void => {
      reject(fail("CANCELLED"));
      if (--this.#callers === 0) this.#controller.abort();
    };
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    const settled = (): void => signal.removeEventListener("abort", leave);
    this.answer.then(resolve, reject).finally(settled);
    return promise;
  }
}
