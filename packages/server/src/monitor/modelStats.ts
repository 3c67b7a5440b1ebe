import type { ErrorCode } from "@longshore/core";
import type { BatchObserver } from "../inference/modelQueue.ts";

/** A count and the nanoseconds it took, as the statistics extension of the protocol pairs them. */
export interface Duration {
  count: number;
  ns: number;
}

/** What a model version did since it was loaded: the numbers behind `/stats` and `/metrics`. */
export interface ModelStats {
  /** Rows inferred. */
  inferenceCount: number;
  /** Runs of the model. */
  executionCount: number;
  /** Milliseconds since the epoch of the last answered run; 0 before the first. */
  lastInferenceMs: number;
  readonly success: Duration;
  readonly fail: Duration;
  readonly queue: Duration;
  readonly computeInput: Duration;
  readonly computeInfer: Duration;
  readonly computeOutput: Duration;
  /** Requests answered from the cache, and what that took. */
  readonly cacheHit: Duration;
  /** Requests answered by a run although there is a cache, and what that took beside the run. */
  readonly cacheMiss: Duration;
  /** By rows of a run. */
  readonly batches: Map<
    number,
    { count: number; inputNs: number; inferNs: number; outputNs: number }
  >;
  readonly failures: Map<ErrorCode, number>;
}

export function createModelStats(): ModelStats {
  const zero = (): Duration => ({ count: 0, ns: 0 });
  return {
    inferenceCount: 0,
    executionCount: 0,
    lastInferenceMs: 0,
    success: zero(),
    fail: zero(),
    queue: zero(),
    computeInput: zero(),
    computeInfer: zero(),
    computeOutput: zero(),
    cacheHit: zero(),
    cacheMiss: zero(),
    batches: new Map(),
    failures: new Map(),
  };
}

const NS_PER_MS = 1e6;

/** Adds one caller's outcome. */
export function recordRequest(stats: ModelStats, ms: number, failure: ErrorCode | undefined): void {
  add(failure === undefined ? stats.success : stats.fail, 1, ms);
  if (failure !== undefined) {
    stats.failures.set(failure, (stats.failures.get(failure) ?? 0) + 1);
  }
}

/** Adds one message's runs. Each request is counted with the whole time of the run it shared. */
export function recordBatch(stats: ModelStats, batch: Parameters<BatchObserver>[0]): void {
  const { requests, rows, executions, takenAt, timing } = batch;
  const count = requests.length;
  let waitedMs = 0;
  for (const request of requests) waitedMs += takenAt - request.enqueuedAt;
  stats.inferenceCount += rows;
  stats.executionCount += executions;
  stats.lastInferenceMs = Date.now();
  add(stats.queue, count, waitedMs);
  // Requests of one run shared its time; requests that ran one after another share it out.
  const share = executions === 1 ? count : 1;
  add(stats.computeInput, count, timing.input * share);
  add(stats.computeInfer, count, timing.infer * share);
  add(stats.computeOutput, count, timing.output * share);

  const size = executions === 1 ? rows : 1;
  let bySize = stats.batches.get(size);
  if (bySize === undefined) {
    bySize = { count: 0, inputNs: 0, inferNs: 0, outputNs: 0 };
    stats.batches.set(size, bySize);
  }
  bySize.count += executions;
  bySize.inputNs += timing.input * NS_PER_MS;
  bySize.inferNs += timing.infer * NS_PER_MS;
  bySize.outputNs += timing.output * NS_PER_MS;
}

/**
 * Adds what the cache did for one request. As in Triton, a hit is a success, for which nothing waited,
 * but neither an inference nor an execution.
 */
export function recordCache(stats: ModelStats, result: "hit" | "miss", ms: number): void {
  add(result === "hit" ? stats.cacheHit : stats.cacheMiss, 1, ms);
  if (result === "hit") add(stats.queue, 1, 0);
}

function add(duration: Duration, count: number, ms: number): void {
  duration.count += count;
  duration.ns += ms * NS_PER_MS;
}
