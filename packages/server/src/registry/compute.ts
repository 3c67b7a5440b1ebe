import type { Infer, Signature } from "@longshore/core";
import type { Placement } from "../engine/pool.ts";
import type { BatchObserver } from "../inference/modelQueue.ts";
import type { SequenceContract } from "../inference/sequence/contract.ts";

/**
 * What computes a model, under one interface: {@link computeSessions} has sessions of a graph or
 * threads of a module behind a queue, {@link computeEnsemble} other models that are served.
 */
export interface Compute {
  readonly runtime: "onnxruntime" | "code" | "ensemble";
  /** What callers send and get. */
  readonly signature: Signature;
  readonly batching: Batching;
  /** How its sequences are run; undefined for a model without a memory. */
  readonly sequence: SequenceContract | undefined;
  readonly placement: Placement;
  /** Why it cannot compute anything for now, though it is open; undefined as long as it can. */
  readonly unready: string | undefined;
  /** Requests that wait. */
  readonly queueLength: number;
  /**
   * Answers a request that was checked against the signature.
   *
   * @throws LongshoreError, also at once instead of in the promise.
   */
  readonly infer: Infer;
  /**
   * Forgets what earlier requests left behind, such as states of sequences, and tells of each run
   * from now on.
   */
  observe(onBatch: BatchObserver): void;
  /** Rejects what waits and releases what computes. */
  close(): Promise<void>;
}

/** How rows of different callers share runs, as decided from the graph, the proof and the manifest. */
export interface Batching {
  readonly batchable: boolean;
  /** Why it is batchable or not, in words. */
  readonly reason: string;
  /** 0 for a model that cannot batch, as Triton writes it. */
  readonly maxBatchSize: number;
  readonly maxQueueDelayMs: number;
  readonly preferredBatchSizes: readonly number[];
}
