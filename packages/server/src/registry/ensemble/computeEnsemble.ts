import { fail, LongshoreError, type Infer, type InferRequest } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { BatchObserver } from "../../inference/modelQueue.ts";
import { checkRows, rowsOf } from "../../inference/shapes.ts";
import { splitRows } from "../../inference/splitRows.ts";
import type { Batching, Compute } from "../compute.ts";
import { DEFAULT_MAX_BATCH_SIZE } from "../computeSessions.ts";
import type { ServedModel } from "../servedModel.ts";
import { checkSections } from "./checkSections.ts";
import { readEnsemble, type EnsembleGraph } from "./graph.ts";
import { runPlan, type FindStepModel } from "./inferEnsemble.ts";
import { planEnsemble, type Plan } from "./plan.ts";
import { EnsembleProblem, inStep, nameStep } from "./problem.ts";
import { sequencesInOrder } from "./sequenceOrder.ts";
import { typeEnsemble } from "./signature.ts";
import { watchSteps } from "./stepModels.ts";
import { versionOf } from "./stepVersion.ts";

/** The version of a model that is loaded. @throws LongshoreError where none is. */
export type FindModel = (name: string, version?: string) => ServedModel;

/**
 * Puts an ensemble together from models that are served. They are looked up again for each request,
 * so that they may be replaced meanwhile.
 *
 * @throws EnsembleProblem for what is wrong with its section of the manifest; LongshoreError where
 *   the model of a step does not answer.
 */
export function computeEnsemble(name: string, manifest: Manifest, find: FindModel): Compute {
  const settings = manifest.ensemble!;
  throwFirst(checkSections(manifest));
  const { graph, problems } = readEnsemble(settings);
  throwFirst(problems);
  const { steps } = graph!;
  const models = steps.map((step, index) => {
    try {
      return find(step.model, versionOf(step));
    } catch (error) {
      throw inStep(index, step, error);
    }
  });
  const typed = typeEnsemble(
    graph!,
    settings,
    models.map(({ signature }) => signature),
  );
  throwFirst(typed.problems);
  const findModel = watchSteps(name, graph!, typed.tensors, models, find);
  const batching = decideBatching(graph!, models, manifest);
  const remembering = models.flatMap((model, index) => (model.sequence ? [index] : []));
  let observer: BatchObserver | undefined;
  const infer = inferWith(name, graph!, new Set(remembering), findModel, (request, started) =>
    observer?.(toBatch(request, batching, started)),
  );
  const ordered = remembering.length > 0 ? sequencesInOrder(infer) : infer;
  const wish = manifest.batching?.maxBatchSize;
  const split = batching.batchable && wish !== undefined ? splitRows(ordered, wish, name) : ordered;
  return {
    runtime: "ensemble",
    signature: typed.signature!,
    batching,
    sequence:
      remembering.length === 0
        ? undefined
        : { signature: typed.signature!, controls: [], states: [], stateOutputs: [] },
    placement: { lanes: [], intraOpThreads: 1, dedicated: false },
    get unready() {
      return unreadyOf(graph!, findModel);
    },
    queueLength: 0,
    infer: batching.batchable
      ? (request, context) => {
          checkRows(request);
          return split(request, context);
        }
      : split,
    observe(onBatch) {
      observer = onBatch;
    },
    close: async () => undefined,
  };
}

function throwFirst(problems: readonly ConstructorParameters<typeof EnsembleProblem>[0][]): void {
  if (problems[0] !== undefined) throw new EnsembleProblem(problems[0]);
}

/** @param onAnswer told of each request that was answered, and when it began. */
function inferWith(
  name: string,
  graph: EnsembleGraph,
  always: ReadonlySet<number>,
  findModel: FindStepModel,
  onAnswer: (request: InferRequest, started: number) => void,
): Infer {
  const whole = planEnsemble(graph, graph.outputs, always);
  const planOf = ({ outputs }: InferRequest): Plan =>
    outputs === undefined ? whole : planEnsemble(graph, outputs, always);
  return async (request, context) => {
    if (context.signal?.aborted === true) throw fail("CANCELLED");
    const started = performance.now();
    const response = await runPlan(name, graph, planOf(request), findModel, request, context);
    onAnswer(request, started);
    return response;
  };
}

/** An ensemble's request is one execution, as Triton counts it; its time is that of all its steps. */
function toBatch(
  request: InferRequest,
  { batchable }: Batching,
  started: number,
): Parameters<BatchObserver>[0] {
  const infer = performance.now() - started;
  return {
    requests: [{ enqueuedAt: started }],
    rows: batchable ? rowsOf(request) : 1,
    executions: 1,
    takenAt: started,
    timing: { input: 0, infer, output: 0 },
  };
}

function unreadyOf({ steps }: EnsembleGraph, findModel: FindStepModel): string | undefined {
  for (const [index, step] of steps.entries()) {
    try {
      findModel(index);
    } catch (error) {
      if (!(error instanceof LongshoreError)) throw error;
      return (inStep(index, step, error) as Error).message;
    }
  }
  return undefined;
}

function decideBatching(
  { steps }: EnsembleGraph,
  models: readonly ServedModel[],
  { batching: wish = {} }: Manifest,
): Batching {
  const without = models.findIndex(({ batching }) => !batching.batchable);
  const possible = without < 0;
  const found = possible
    ? "all of its steps are"
    : `${nameStep(without, steps[without]!)} is not: ${models[without]!.batching.reason}`;
  const batchable = wish.enabled ?? possible;
  const sizes = models.flatMap(({ batching }) => batching.maxBatchSize || []);
  const least = sizes.length > 0 ? Math.min(...sizes) : DEFAULT_MAX_BATCH_SIZE;
  return {
    batchable,
    reason:
      batchable === possible
        ? found
        : `its settings say ${batchable ? "so" : "not to"} (found: ${found})`,
    maxBatchSize: batchable ? (wish.maxBatchSize ?? least) : 0,
    maxQueueDelayMs: 0,
    preferredBatchSizes: [],
  };
}
