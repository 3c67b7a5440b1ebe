import { fail, type Infer, type LongshoreError, type Signature } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { Examination } from "../engine/examine.ts";
import { codeLimitsOf, isCodeFile } from "../engine/code/codeFile.ts";
import type { Placement } from "../engine/pool.ts";
import { ModelQueue } from "../inference/modelQueue.ts";
import type { SequenceContract } from "../inference/sequence/contract.ts";
import { Sequences } from "../inference/sequence/sequences.ts";
import { checkRows, toGroupKey } from "../inference/shapes.ts";
import { splitRows } from "../inference/splitRows.ts";
import type { ModelStats } from "../monitor/modelStats.ts";
import { toPredict, type Predict, type PredictedModel } from "../processing/predict.ts";
import type { PipelineTerms } from "../processing/terms.ts";
import { goldenLimitsOf, readGoldenOf, runGolden, type GoldenReport } from "./golden.ts";
import type { ServingTools } from "./openBest.ts";
import { inferRows, openProcessingOf } from "./processingOf.ts";
import { openSequenceContract, sequenceLimits } from "./sequenceOf.ts";
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
  /** What callers send and get. */
  readonly signature: Signature;
  /** How its sequences are run; undefined for a model without a memory. */
  readonly sequence: SequenceContract | undefined;
  readonly examination: Examination;
  readonly batching: Batching;
  readonly placement: Placement;
  readonly stats: ModelStats;
  /** What computes it. */
  readonly runtime: "onnxruntime" | "code";
  /** Why it cannot compute anything for now, though it is loaded; undefined as long as it can. */
  readonly unready: string | undefined;
  /** Requests that wait. */
  readonly queueLength: number;
  /** How it answered the bundle's golden examples when it was opened; undefined where there are none. */
  readonly golden: GoldenReport | undefined;
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
  /** What callers send and get in the bundle's own terms; undefined where it has none. */
  readonly terms: PipelineTerms | undefined;
  /**
   * Answers a call of the predict route, from bytes to bytes: in the bundle's own terms, else with
   * the model's tensors in natural JSON.
   *
   * @throws LongshoreError
   */
  readonly predict: Predict;
  /** Answers what was accepted, then releases the sessions. New requests must not come any more. */
  close(): Promise<void>;
}

export const DEFAULT_MAX_BATCH_SIZE = 64;
export const DEFAULT_QUEUE_LENGTH = 1024;

/**
 * Opens an examined model for serving, and asks it the golden examples. This is where the way of a
 * request is put together: processed, measured, split, queued and batched, run in a worker.
 *
 * @throws Error with ONNX Runtime's message when a session cannot be opened; LongshoreError for
 *   what is wrong with the bundle.
 */
export async function openServedModel(
  source: ModelSource,
  { file, examination, variant }: ChosenFile,
  { pool, metrics, threads }: Omit<ServingTools, "examine">,
): Promise<ServedModel> {
  const { name, version, manifest } = source;
  const { signature: graph, exchange, runMs, bytes } = examination;
  const contract = manifest.sequence && (await openSequenceContract(source, graph));
  const signature = contract?.signature ?? graph;
  const batching = decideBatching(examination, manifest);
  // Before anything is opened that would have to be released if this fails.
  const examples = await readGoldenOf(source);
  const processing = await openProcessingOf(source, signature, threads);
  const meter = metrics.meter(name, version);
  const runtime = isCodeFile(file) ? "code" : "onnxruntime";
  // Golden examples are no traffic: they do not count.
  let counting = false;
  const placement = pool.place({
    runMs,
    bytes,
    instances: manifest.instances?.count,
    intraOpThreads: manifest.instances?.intraOpThreads,
    code: runtime === "code" ? codeLimitsOf(manifest) : undefined,
  });
  const maxLength = manifest.queue?.maxLength ?? DEFAULT_QUEUE_LENGTH;
  const queue = new ModelQueue(
    name,
    graph,
    {
      ...batching,
      maxLength,
      groupKey: toGroupKey(graph, batching.batchable),
    },
    runMs ?? 1,
    () => {
      for (const lane of placement.lanes) lane.notify();
    },
    (...batch) => {
      if (counting) meter.onBatch(...batch);
    },
  );
  try {
    await pool.open(placement, queue, {
      path: file,
      intraOpThreads: placement.intraOpThreads,
      signature: graph,
      edited: examination.changes.length > 0,
      override: manifest.signature,
      exchange,
    });
  } catch (error) {
    await processing.close();
    throw error;
  }

  const sequences =
    contract &&
    new Sequences(queue.infer, contract, sequenceLimits(source, batching.batchable, maxLength));
  const queued =
    sequences?.infer ??
    (batching.batchable ? splitRows(queue.infer, batching.maxBatchSize, name) : queue.infer);
  const compute: Infer = async (request, context) => {
    if (batching.batchable) checkRows(request);
    return queued(request, context);
  };
  let closed = false;
  let pending = 0;
  let idle: (() => void) | undefined;
  // One function for all that surrounds the queue: each async one around it costs a request more.
  const infer: Infer = async (request, context) => {
    const started = performance.now();
    pending++;
    try {
      if (batching.batchable) checkRows(request);
      const response = await queued(request, context);
      meter.onAnswer(performance.now() - started);
      return response;
    } catch (error) {
      meter.onFailure(performance.now() - started, error);
      throw error;
    } finally {
      if (--pending === 0) idle?.();
    }
  };
  const timeoutMs = manifest.queue?.timeoutMs;
  const predictWith = (computing: Infer, rest: Omit<PredictedModel, "name">): Predict =>
    // Rows of a sequence are requests of their own: they are not split.
    toPredict(processing.decode, contract ? computing : inferRows(computing, signature, name), {
      name,
      ...rest,
    });
  const golden =
    examples &&
    (await runGolden(
      predictWith(compute, { timeoutMs: undefined }),
      examples,
      goldenLimitsOf(manifest, variant?.name),
      // Requests of a sequence are asked in their order.
      contract ? 1 : manifest.queue?.maxLength,
    ));
  sequences?.close();
  counting = true;
  const predict = predictWith(infer, { timeoutMs, onGivenUp: meter.onFailure });
  const unloaded = (): LongshoreError =>
    fail("MODEL_UNREADY", { model: name, reason: "it was unloaded" });
  return {
    name,
    version,
    source,
    variant,
    signature,
    sequence: contract,
    examination,
    batching,
    placement,
    stats: meter.stats,
    runtime,
    get unready() {
      // Looked at on every request: a graph's lanes never have a reason.
      return runtime === "code" ? unreadyOf(placement) : undefined;
    },
    get queueLength() {
      return queue.length;
    },
    golden,
    example: examples?.[0]?.request,
    timeoutMs,
    infer: (request, context) => (closed ? Promise.reject(unloaded()) : infer(request, context)),
    terms: processing.terms,
    async predict(call, context) {
      if (closed) throw unloaded();
      // What is accepted is answered, though the model be closed between two of its phases.
      pending++;
      try {
        return await predict(call, context);
      } finally {
        if (--pending === 0) idle?.();
      }
    },
    async close() {
      closed = true;
      if (pending > 0) await new Promise<void>((resolve) => (idle = resolve));
      sequences?.close();
      queue.close();
      await Promise.all([pool.release(placement, queue), processing.close()]);
    },
  };
}

/** A model answers as long as one of its workers does. */
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
      : `bundle.yaml says ${wish.enabled ? "so" : "not to"} (found: ${batch.reason})`;
  return {
    batchable,
    reason,
    maxBatchSize: batchable ? (wish.maxBatchSize ?? DEFAULT_MAX_BATCH_SIZE) : 0,
    maxQueueDelayMs: wish.maxQueueDelayMs ?? 0,
    preferredBatchSizes: (wish.preferredBatchSizes ?? []).toSorted((a, b) => a - b),
  };
}
