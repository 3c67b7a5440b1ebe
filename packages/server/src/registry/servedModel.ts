import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, type Infer, type Signature } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { Examination } from "../engine/examine.ts";
import type { Placement, Pool } from "../engine/pool.ts";
import { ModelQueue } from "../inference/modelQueue.ts";
import { checkRows, toGroupKey } from "../inference/shapes.ts";
import { splitRows } from "../inference/splitRows.ts";
import type { Metrics } from "../monitor/metrics.ts";
import type { ModelStats } from "../monitor/modelStats.ts";
import type { ModelSource } from "./scan.ts";
import type { ChosenFile, ServedVariant } from "./variants.ts";

/** Batching of a served model, as decided from the graph, the proof and the manifest. */
export interface Batching {
  readonly batchable: boolean;
  /** Why it is batchable or not, in words. */
  readonly reason: string;
  /** 0 for a model that cannot batch, as Triton writes it. */
  readonly maxBatchSize: number;
  readonly maxQueueDelayMs: number;
  readonly preferredBatchSizes: readonly number[];
}

/** A model version that answers requests. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly source: ModelSource;
  /** Which of the bundle's variants answers, and why; undefined where it has none. */
  readonly variant: ServedVariant | undefined;
  readonly signature: Signature;
  readonly examination: Examination;
  readonly batching: Batching;
  readonly placement: Placement;
  readonly stats: ModelStats;
  /** Requests that wait. */
  readonly queueLength: number;
  /** A request body of the predict route that works: the first golden example, where there is one. */
  readonly example: unknown;
  /** Deadline of requests that bring none, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /**
   * Answers a request, which must have been checked against the signature (`checkInputs`): the
   * codecs do so.
   *
   * @throws LongshoreError
   */
  readonly infer: Infer;
  /** Answers what was accepted, then releases the sessions. New requests must not come any more. */
  close(): Promise<void>;
}

export const DEFAULT_MAX_BATCH_SIZE = 64;
export const DEFAULT_QUEUE_LENGTH = 1024;

/**
 * Opens an examined model for serving. This is where the way of a request is put together:
 * measured, split, queued and batched, run in a worker.
 *
 * @throws Error with ONNX Runtime's message when a session cannot be opened.
 */
export async function openServedModel(
  source: ModelSource,
  { file, examination, variant }: ChosenFile,
  pool: Pool,
  metrics: Metrics,
): Promise<ServedModel> {
  const { name, version, manifest } = source;
  const { signature, exchange, runMs, bytes } = examination;
  const batching = decideBatching(examination, manifest);
  // Before anything is opened that would have to be released if this fails.
  const example = await readExample(source);
  const meter = metrics.meter(name, version);
  const placement = pool.place({
    runMs,
    bytes,
    instances: manifest.instances?.count,
    intraOpThreads: manifest.instances?.intraOpThreads,
  });
  const queue = new ModelQueue(
    name,
    signature,
    {
      ...batching,
      maxLength: manifest.queue?.maxLength ?? DEFAULT_QUEUE_LENGTH,
      groupKey: toGroupKey(signature, batching.batchable),
    },
    runMs ?? 1,
    () => {
      for (const lane of placement.lanes) lane.notify();
    },
    meter.onBatch,
  );
  await pool.open(placement, queue, {
    path: file,
    intraOpThreads: placement.intraOpThreads,
    signature,
    edited: examination.changes.length > 0,
    override: manifest.signature,
    exchange,
  });

  const queued = batching.batchable
    ? splitRows(queue.infer, batching.maxBatchSize, name)
    : queue.infer;
  let closed = false;
  let pending = 0;
  let idle: (() => void) | undefined;
  const infer: Infer = async (request, context) => {
    if (batching.batchable) checkRows(request);
    if (closed) throw fail("MODEL_UNREADY", { model: name, reason: "it was unloaded" });
    pending++;
    try {
      return await queued(request, context);
    } finally {
      if (--pending === 0) idle?.();
    }
  };
  return {
    name,
    version,
    source,
    variant,
    signature,
    examination,
    batching,
    placement,
    stats: meter.stats,
    get queueLength() {
      return queue.length;
    },
    example,
    timeoutMs: manifest.queue?.timeoutMs,
    infer: meter.measured(infer),
    async close() {
      closed = true;
      if (pending > 0) await new Promise<void>((resolve) => (idle = resolve));
      queue.close();
      await pool.release(placement, queue);
    },
  };
}

async function readExample({ folder, manifest }: ModelSource): Promise<unknown> {
  if (manifest.golden === undefined) return undefined;
  const file = join(folder, manifest.golden.file);
  try {
    const [line] = (await readFile(file, "utf8")).split("\n", 1);
    return (JSON.parse(line ?? "") as { request?: unknown }).request;
  } catch (error) {
    throw fail("MANIFEST_INVALID", { file, problem: (error as Error).message });
  }
}

function decideBatching({ batch }: Examination, manifest: Manifest): Batching {
  const wish = manifest.batching ?? {};
  const batchable = wish.enabled ?? batch.batchable;
  const reason =
    wish.enabled === undefined || wish.enabled === batch.batchable
      ? batch.reason
      : `bundle.yaml says ${wish.enabled ? "so" : "not to"} (found: ${batch.reason})`;
  return {
    batchable,
    reason,
    maxBatchSize: batchable ? (wish.maxBatchSize ?? DEFAULT_MAX_BATCH_SIZE) : 0,
    maxQueueDelayMs: wish.maxQueueDelayMs ?? 0,
    preferredBatchSizes: (wish.preferredBatchSizes ?? []).toSorted((a, b) => a - b),
  };
}
