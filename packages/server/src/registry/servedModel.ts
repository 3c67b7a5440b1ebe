import { fail, type Infer, type LongshoreError, type Signature } from "@longshore/core";
import type { Placement } from "../engine/pool.ts";
import { policyOf, timeoutEnds, toQueuePolicies } from "../inference/queuePolicy.ts";
import type { SequenceContract } from "../inference/sequence/contract.ts";
import type { ModelStats } from "../monitor/modelStats.ts";
import { toPredict, type Predict, type PredictedModel } from "../processing/predict.ts";
import type { PipelineTerms } from "../processing/terms.ts";
import { toCallersView } from "./callersView.ts";
import type { Batching, Compute } from "./compute.ts";
import { goldenLimitsOf, readGoldenOf, runGolden, type GoldenReport } from "./golden.ts";
import type { ServingTools } from "./openBest.ts";
import { inferenceOf } from "./inferenceOf.ts";
import { inferRows, openProcessingOf } from "./processingOf.ts";
import type { ModelSource } from "./scan.ts";
import { requireNoConflicts } from "./settingsConflicts.ts";
import type { ServedVariant } from "./variants.ts";

/** A model version that answers requests. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly source: ModelSource;
  /** Which of the bundle's variants answers, and why; undefined where it has none. */
  readonly variant: ServedVariant | undefined;
  /** What callers send and get. */
  readonly signature: Signature;
  /** The same as the model itself has it: its settings may show other shapes. */
  readonly graph: Signature;
  /** How its sequences are run; undefined for a model without a memory. */
  readonly sequence: SequenceContract | undefined;
  readonly batching: Batching;
  readonly placement: Placement;
  readonly stats: ModelStats;
  /** What computes it. */
  readonly runtime: Compute["runtime"];
  /** Why it cannot compute anything for now, though it is loaded; undefined as long as it can. */
  readonly unready: string | undefined;
  /** Requests that wait. */
  readonly queueLength: number;
  /** Bytes of the answers that are kept; undefined for a model without a cache. */
  readonly cacheBytes: number | undefined;
  /** How it answered the bundle's golden examples when it was opened; undefined where there are none. */
  readonly golden: GoldenReport | undefined;
  /** A request body of the predict route that works: the first golden example, where there is one. */
  readonly example: unknown;
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

/**
 * Puts a model version together from what computes it: what callers send is processed, measured and
 * computed, and the golden examples have been asked.
 *
 * @param variant which of the bundle's variants is computed.
 * @throws LongshoreError for what is wrong with the bundle, and the caller still has to close what
 *   computes it.
 */
export async function openServedModel(
  source: ModelSource,
  computing: Compute,
  variant: ServedVariant | undefined,
  { metrics, threads }: Pick<ServingTools, "metrics" | "threads">,
): Promise<ServedModel> {
  const { name, version, manifest } = source;
  const compute = await toCallersView(source, computing);
  const { signature, sequence } = compute;
  await requireNoConflicts(source, sequence !== undefined);
  // Before anything is opened that would have to be released if this fails.
  const examples = await readGoldenOf(source);
  const processing = await openProcessingOf(source, signature, threads);
  const meter = metrics.meter(name, version);
  const inference = inferenceOf(source, compute.infer, meter.onCache);
  let closed = false;
  let pending = 0;
  let idle: (() => void) | undefined;
  // One function for all that surrounds the queue: each async one around it costs a request more.
  const infer: Infer = async (request, context) => {
    const started = performance.now();
    pending++;
    try {
      const response = await inference.infer(request, context);
      meter.onAnswer(performance.now() - started);
      return response;
    } catch (error) {
      meter.onFailure(performance.now() - started, error);
      throw error;
    } finally {
      if (--pending === 0) idle?.();
    }
  };
  const policies = toQueuePolicies(manifest.queue);
  const predictWith = (computing: Infer, rest: Pick<PredictedModel, "onGivenUp"> = {}): Predict =>
    // Rows of a sequence are requests of their own: they are not split.
    toPredict(processing.decode, sequence ? computing : inferRows(computing, signature, name), {
      name,
      timeoutEnds: ({ priority }) => timeoutEnds(policies, priority),
      ...rest,
    });
  // Golden examples are no traffic: they go around the meter, which observes runs only after them.
  const golden =
    examples &&
    (await runGolden(
      predictWith(async (...call) => compute.infer(...call)),
      examples,
      goldenLimitsOf(manifest, variant?.name),
      // Requests of a sequence are asked in their order.
      sequence ? 1 : policyOf(policies, policies.defaultPriority).maxLength,
    ));
  compute.observe(meter.onBatch);
  const predict = predictWith(infer, { onGivenUp: meter.onFailure });
  const unloaded = (): LongshoreError =>
    fail("MODEL_UNREADY", { model: name, reason: "it was unloaded" });
  return {
    name,
    version,
    source,
    variant,
    signature,
    graph: computing.signature,
    sequence,
    batching: compute.batching,
    placement: compute.placement,
    stats: meter.stats,
    runtime: compute.runtime,
    get unready() {
      return compute.unready;
    },
    get queueLength() {
      return compute.queueLength;
    },
    get cacheBytes() {
      return inference.cacheBytes;
    },
    golden,
    example: examples?.[0]?.request,
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
      await Promise.all([compute.close(), processing.close()]);
    },
  };
}
