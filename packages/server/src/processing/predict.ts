import {
  fail,
  LongshoreError,
  type CancelSignal,
  type DecodeLimits,
  type Infer,
  type InferRequest,
  type Tensors,
} from "@longshore/core";
import { within } from "./within.ts";

/** A call of `POST /predict/{model}`, free of any HTTP library. */
export interface PredictCall {
  readonly body: Uint8Array;
  /** Headers of these names; absent where the caller sent none. */
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** The request's id, which the answer bears. */
  readonly id?: string | undefined;
  readonly limits: DecodeLimits;
}

/** What belongs to the caller rather than to the call. */
export interface PredictContext {
  readonly signal?: CancelSignal;
  /** Milliseconds after which the answer is of no use: overrules what the call says itself. */
  readonly timeoutMs?: number;
}

/** What a call is answered with. */
export interface PredictReply extends Encoded {
  readonly phases: Phases;
}

/** Milliseconds from bytes to tensors, in the model and its queue, and from tensors to bytes. */
export interface Phases {
  readonly before: number;
  readonly infer: number;
  readonly after: number;
}

/**
 * Answers a call: the one way from bytes to bytes, whoever calls.
 *
 * @throws LongshoreError
 */
export type Predict = (call: PredictCall, context: PredictContext) => Promise<PredictReply>;

/** An answer as bytes. */
export interface Encoded {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** A call as the model takes it, and how what the model gives becomes its answer. */
export interface Decoded {
  readonly request: InferRequest;
  /** How long the caller will wait, in microseconds. */
  readonly timeoutUs?: number;
  encode(outputs: Tensors): Encoded | Promise<Encoded>;
}

/**
 * From bytes to tensors; with what it leaves, back again. Raw tensors are decoded at once, a
 * bundle's own terms here or in a thread.
 *
 * @throws LongshoreError
 */
export type Decode = (call: PredictCall) => Decoded | Promise<Decoded>;

/** The model that calls are made of. */
export interface PredictedModel {
  readonly name: string;
  /** Deadline of calls that bring none, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Told of calls that are given up before or after the model, and how many milliseconds they took. */
  readonly onGivenUp?: (ms: number, error: unknown) => void;
}

/**
 * Puts the way of a call together: decode, infer, encode. A caller that is gone, and a deadline that
 * has passed, end it in the model's queue and while a thread works for it.
 */
export function toPredict(decode: Decode, infer: Infer, model: PredictedModel): Predict {
  const wait = <T>(work: Promise<T>, limit: Limit): Promise<T> =>
    within(work, limit).catch((error: unknown) => {
      const givenUp = error instanceof LongshoreError && GIVEN_UP.has(error.code);
      if (givenUp) model.onGivenUp?.(performance.now() - limit.started, error);
      throw error;
    });
  return async (call, { signal, timeoutMs }) => {
    const started = performance.now();
    const until = (limitMs: number | undefined): Limit => ({
      model: model.name,
      started,
      ...(signal && { signal }),
      ...(limitMs !== undefined && { deadline: started + limitMs }),
    });
    const decoding = decode(call);
    const early = until(timeoutMs ?? model.timeoutMs);
    const decoded = decoding instanceof Promise ? await wait(decoding, early) : decoding;
    const own = decoded.timeoutUs === undefined ? model.timeoutMs : decoded.timeoutUs / 1000;
    const limit = until(timeoutMs ?? own);
    const ready = performance.now();
    const { outputs } = await infer(decoded.request, limit);
    const inferred = performance.now();
    const encoding = decoded.encode(outputs);
    const encoded = encoding instanceof Promise ? await wait(encoding, limit) : encoding;
    const phases = {
      before: ready - started,
      infer: inferred - ready,
      after: performance.now() - inferred,
    };
    return { contentType: encoded.contentType, body: encoded.body, phases };
  };
}

const GIVEN_UP = new Set(["TIMEOUT", "CANCELLED"]);

/** Until when a call is worth working on; clocks are those of `performance.now()`. */
export interface Limit {
  /** Name of the model, for messages. */
  readonly model: string;
  readonly started: number;
  readonly signal?: CancelSignal;
  readonly deadline?: number;
}

/** @throws LongshoreError CANCELLED, TIMEOUT */
export function checkLimit({ model, started, signal, deadline }: Limit, now: number): void {
  if (signal?.aborted === true) throw fail("CANCELLED");
  if (deadline !== undefined && now >= deadline)
    throw fail("TIMEOUT", { elapsed: Math.round(now - started), model });
}
