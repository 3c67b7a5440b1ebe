import type { Tensors } from "./tensor.ts";

/** One call of one model, whatever protocol it came by. */
export interface InferRequest {
  readonly inputs: Tensors;
  /** Names of the outputs to compute, in the order wanted; all of them when absent. */
  readonly outputs?: readonly string[];
  /** 1 is the highest; 0 or absent is the model's default. */
  readonly priority?: number;
  /** Which sequence it belongs to; absent where it stands alone. */
  readonly sequence?: SequencePosition;
}

/** Where a request is in a sequence of requests, between which a model may keep state. */
export interface SequencePosition {
  /** An unsigned integer of 64 bits, or a text; never 0 or empty. */
  readonly id: bigint | string;
  /** Whether it is the first: whatever state there was is forgotten. */
  readonly start: boolean;
  /** Whether it is the last. */
  readonly end: boolean;
}

/** The part of an AbortSignal that is needed to give a request up. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options: { readonly once: true }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What belongs to the caller rather than to the model. */
export interface InferContext {
  /** Aborts when the caller is gone: a waiting request then leaves the queue. */
  readonly signal?: CancelSignal;
  /** When the answer stops being of use, in milliseconds on the clock of `performance.now()`. */
  readonly deadline?: number;
  /**
   * When the time is over that the request itself gives, its `timeout`; on the same clock. The
   * policy of the model's queue says whether that counts, and what then becomes of the request.
   */
  readonly timeoutAt?: number;
}

export interface InferResponse {
  /** In the order asked for, else in the graph's. */
  readonly outputs: Tensors;
  /**
   * Milliseconds that its run took, with those that it was put together with; absent where it was
   * not one run: split into several, or computed by other models.
   */
  readonly computeMs?: number;
}

/**
 * The one interface of everything that answers for a model: the engine, and each wrapper around
 * it (batching, caching, metrics, canary, quotas).
 *
 * @throws LongshoreError with a code of the catalogue.
 */
export type Infer = (request: InferRequest, context: InferContext) => Promise<InferResponse>;
