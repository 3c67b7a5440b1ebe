import type { IncomingHttpHeaders } from "node:http";
import type { CancelSignal, InferContext } from "@longshore/core";

/**
 * A route of inference: bytes in, bytes out, free of any HTTP library. It is mounted in Fastify
 * (`mountInference.ts`), and `longshore serve` answers plain calls of it itself
 * (`direct/answerDirectly.ts`).
 */
export interface InferenceRoute {
  /**
   * Takes POST. `:model` and `:version` stand for one segment each, a `*` at the end for all that
   * follows.
   */
  readonly path: string;
  /** @throws LongshoreError */
  answer(call: InferenceCall): Promise<InferenceAnswer>;
}

export interface InferenceCall {
  readonly params: { readonly model: string; readonly version?: string };
  /** As the caller wrote it, percent-encoded, below the application's prefix, without a query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What the request is called in the log, and in answers that bear an id. */
  readonly id: string;
  /** Empty where there is none. */
  readonly body: Uint8Array;
  /** Aborts when the caller is gone. */
  readonly signal: CancelSignal;
}

export { JSON_TYPE } from "../processing/mediaTypes.ts";

/** What is sent with status 200. */
export interface InferenceAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/**
 * What a call carries beside its request: it is over when the client is gone.
 *
 * @param timeoutUs the request's own `timeout` parameter, in microseconds.
 */
export function toInferContext({ signal }: InferenceCall, timeoutUs?: number): InferContext {
  return timeoutUs === undefined
    ? { signal }
    : { signal, timeoutAt: performance.now() + timeoutUs / 1000 };
}

/** Aborts when a client is gone before its answer was sent. Lighter than an AbortController. */
export class ClientGone implements CancelSignal {
  aborted = false;
  /** One, or a few of a request in parts. */
  readonly #listeners: (() => void)[] = [];

  abort(): void {
    this.aborted = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
  }
}
