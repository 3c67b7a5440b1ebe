import type { Infer } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import { codeLimitsOf, isCodeFile } from "../engine/code/codeFile.ts";
import type { Examination } from "../engine/examine.ts";
import type { Placement } from "../engine/pool.ts";
import { ModelQueue, type BatchObserver } from "../inference/modelQueue.ts";
import { toQueuePolicies } from "../inference/queuePolicy.ts";
import { Sequences } from "../inference/sequence/sequences.ts";
import { checkRows, toGroupKey } from "../inference/shapes.ts";
import { splitRows } from "../inference/splitRows.ts";
import type { Batching, Compute } from "./compute.ts";
import type { ServingTools } from "./openBest.ts";
import type { ModelSource } from "./scan.ts";
import { openSequenceContract, sequenceLimits } from "./sequenceOf.ts";
import type { ChosenFile } from "./variants.ts";
import { tryWarmup, warmUp } from "./warmup.ts";
import { readWarmup } from "./warmupRuns.ts";

export const DEFAULT_MAX_BATCH_SIZE = 64;

/**
 * Opens the sessions of an examined model. This is where the way of a request from queue to worker
 * is put together.
 *
 * @throws Error with ONNX Runtime's message when a session cannot be opened; LongshoreError for
 *   what is wrong with the bundle.
 */
export async function computeSessions(
  source: ModelSource,
  { file, examination }: Pick<ChosenFile, "file" | "examination">,
  { pool, examine }: Pick<ServingTools, "pool" | "examine">,
): Promise<Compute> {
  const { name, manifest } = source;
  const { signature: graph, exchange, runMs, bytes } = examination;
  const contract = manifest.sequence && (await openSequenceContract(source, graph));
  const batching = decideBatching(examination, manifest);
  const { batchable } = batching;
  const runtime = isCodeFile(file) ? "code" : "onnxruntime";
  const warmup = await readWarmup({ source, signature: graph, batchable, contract });
  if (warmup.length > 0 && runtime === "onnxruntime")
    await tryWarmup({ ...source, file }, graph, batchable, warmup, examine);
  const placement = pool.place({
    runMs,
    bytes,
    instances: manifest.instances?.count,
    intraOpThreads: manifest.instances?.intraOpThreads,
    code: runtime === "code" ? codeLimitsOf(manifest) : undefined,
  });
  const policies = toQueuePolicies(manifest.queue);
  let observer: BatchObserver | undefined;
  const queue = new ModelQueue(
    name,
    graph,
    { ...batching, policies, groupKey: toGroupKey(graph, batchable) },
    runMs ?? 1,
    () => {
      for (const lane of placement.lanes) lane.notify();
    },
    (batch) => observer?.(batch),
  );
  await pool.open(placement, queue, {
    path: file,
    label: `${name}/${source.version}`,
    intraOpThreads: placement.intraOpThreads,
    signature: graph,
    edited: examination.changes.length > 0,
    override: manifest.signature,
    session: manifest.session,
    exchange,
  });
  try {
    await warmUp({ name, signature: graph, batchable, placement, source: queue }, warmup);
  } catch (error) {
    await pool.release(placement, queue);
    throw error;
  }
  const { maxLength } = policies.shared;
  const sequences =
    contract && new Sequences(queue.infer, contract, sequenceLimits(source, batchable, maxLength));
  const queued: Infer =
    sequences?.infer ??
    (batchable ? splitRows(queue.infer, batching.maxBatchSize, name) : queue.infer);
  return {
    runtime,
    signature: contract?.signature ?? graph,
    batching,
    sequence: contract,
    placement,
    get unready() {
      // Looked at on every request: a graph's lanes never have a reason.
      return runtime === "code" ? unreadyOf(placement) : undefined;
    },
    get queueLength() {
      return queue.length;
    },
    infer: batchable
      ? (request, context) => {
          checkRows(request);
          return queued(request, context);
        }
      : queued,
    observe(onBatch) {
      sequences?.close();
      observer = onBatch;
      queue.limitTime();
    },
    async close() {
      sequences?.close();
      queue.close();
      await pool.release(placement, queue);
    },
  };
}

/** It computes as long as one of its workers does. */
function unreadyOf({ lanes }: Placement): string | undefined {
  const reasons = lanes.map((lane) => lane.unready);
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
}

function decideBatching({ batch }: Examination, manifest: Manifest): Batching {
  const wish = manifest.batching ?? {};
  const batchable = wish.enabled ?? batch.batchable;
  const reason =
    wish.enabled === undefined || wish.enabled === batch.batchable
      ? batch.reason
      : `its settings say ${wish.enabled ? "so" : "not to"} (found: ${batch.reason})`;
  return {
    batchable,
    reason,
    maxBatchSize: batchable ? (wish.maxBatchSize ?? DEFAULT_MAX_BATCH_SIZE) : 0,
    maxQueueDelayMs: wish.maxQueueDelayMs ?? 0,
    preferredBatchSizes: (wish.preferredBatchSizes ?? []).toSorted((a, b) => a - b),
  };
}
