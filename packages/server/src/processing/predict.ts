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

/** Milliseconds of a call, phase by phase. */
export interface Phases {
  /** From bytes to tensors. */
  readonly before: number;
  /** Waiting for a run to begin, and what it takes to get to the worker and back. */
  readonly queue?: number;
  /** The run that it was part of. */
  readonly compute?: number;
  /** Instead of the two, where it was not one run. */
  readonly infer?: number;
  /** From tensors to bytes. */
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
  /** Whether a call's own timeout ends it, wherever it is; else the model's queue is all it tells. */
  readonly timeoutEnds: (request: InferRequest) => boolean;
  /** Told of calls that are given up before or after the model, and how many milliseconds they took. */
  readonly onGivenUp?: (ms: number, error: unknown) => void;
}

/**
 * Puts the way of a call together: decode, infer, encode. A caller that is gone, and a deadline that
 * has passed, end it in the model's queue and while a thread works for it.
 */
export function toPredict(decode: Decode, infer: Infer, model: PredictedModel): Predict {
  const tell = (error: unknown, { started }: Limit): unknown => {
    const givenUp = error instanceof LongshoreError && GIVEN_UP.has(error.code);
    if (givenUp) model.onGivenUp?.(performance.now() - started, error);
    return error;
  };
  const wait = <T>(work: Promise<T>, limit: Limit): Promise<T> =>
    within(work, limit).catch((error: unknown) => {
      throw tell(error, limit);
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
    const early = until(timeoutMs);
    const decoded = decoding instanceof Promise ? await wait(decoding, early) : decoding;
    const { request, timeoutUs } = decoded;
    const own = timeoutUs === undefined || timeoutMs !== undefined ? undefined : timeoutUs / 1000;
    const limit = own !== undefined && model.timeoutEnds(request) ? until(own) : early;
    const ready = performance.now();
    try {
      // A short run would overtake the queue's timer.
      checkLimit(limit, ready);
    } catch (error) {
      throw tell(error, limit);
    }
    const { outputs, computeMs } = await infer(request, {
      ...limit,
      ...(own !== undefined && { timeoutAt: started + own }),
    });
    const inferred = performance.now();
    const encoding = decoded.encode(outputs);
    const encoded = encoding instanceof Promise ? await wait(encoding, limit) : encoding;
    const phases = {
      before: ready - started,
      ...inModel(inferred - ready, computeMs),
      after: performance.now() - inferred,
    };
    return { contentType: encoded.contentType, body: encoded.body, phases };
  };
}

/** @param computeMs of the time until the answer; undefined where that is not known. */
function inModel(inferMs: number, computeMs: number | undefined): Partial<Phases> {
  if (computeMs === undefined) return { infer: inferMs };
  return { queue: Math.max(0, inferMs - computeMs), compute: computeMs };
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
