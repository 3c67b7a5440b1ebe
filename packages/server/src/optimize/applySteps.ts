import type { Tensors } from "@longshore/core";
import {
  calibrate,
  cleanModel,
  opsetVersion,
  pruneChannels,
  quantizeDynamic,
  quantizeStatic,
  quantizeWeights,
  storeWeightsInFloat16,
  TARGETS,
  toFloat16,
  toServable,
  upgradeOpset,
  type Model,
  type OpenModel,
  type PassResult,
  type Ranges,
  type Skipped,
  type TargetName,
} from "@longshore/onnx";
import type { Step } from "./recipe.ts";

/** What passes need beside the model. */
export interface Workbench {
  /** What tells the model from others. */
  readonly name: string;
  readonly target: TargetName;
  readonly open: OpenModel;
  /** Inputs to find ranges on and to refit layers on; may be gone through several times. */
  readonly samples: AsyncIterable<Tensors>;
  /** Ranges that were found before, by the model, the steps that it went through, and the method. */
  readonly ranges: Map<string, Ranges>;
}

/** What became of a model. */
export interface Made {
  readonly model: Model;
  readonly changes: readonly string[];
  readonly skipped: readonly Skipped[];
  /** Why there is no such candidate, if a step found nothing to change. */
  readonly notApplicable?: string;
}

/** The oldest standard opset that all passes can work with. */
const OPSET = 13;

/** What every recipe begins with: a graph without ballast, in an opset that the passes know. */
export async function prepare(original: Model, open: OpenModel): Promise<Made> {
  const cleaned = await cleanModel(original, open);
  const version = opsetVersion(cleaned.model, "");
  const upgraded =
    version === undefined || version >= OPSET
      ? { model: cleaned.model, changes: [], skipped: [] }
      : upgradeOpset(cleaned.model, OPSET);
  return {
    model: upgraded.model,
    changes: [...cleaned.changes, ...upgraded.changes],
    skipped: [...cleaned.skipped, ...upgraded.skipped],
  };
}

/**
 * Makes a candidate of a model.
 *
 * @throws LongshoreError DATA_INVALID for samples that do not fit.
 */
export async function applySteps(
  base: Model,
  steps: readonly Step[],
  workbench: Workbench,
): Promise<Made> {
  let made: Made = { model: base, changes: [], skipped: [] };
  for (const [index, step] of steps.entries()) {
    const before = `${workbench.name} ${JSON.stringify(steps.slice(0, index))}`;
    const { model, changes, skipped } = await applyStep(made.model, step, before, workbench);
    made = {
      model,
      changes: [...made.changes, ...changes],
      skipped: [...made.skipped, ...skipped],
    };
    if (changes.length === 0) return { ...made, notApplicable: whyNothing(skipped) };
  }
  return made;
}

async function applyStep(
  model: Model,
  step: Step,
  before: string,
  { target, open, samples, ranges }: Workbench,
): Promise<PassResult> {
  const { reduceRange, scales } = TARGETS[target].int8;
  switch (step.pass) {
    case "dynamicInt8":
      return quantizeDynamic(model, { keep: new Set(step.keep), reduceRange });
    case "staticInt8": {
      const { method } = step;
      const found = await once(ranges, `${before} ${method}`, () =>
        // Values bear the same names in it, and it takes what the samples hold.
        calibrate(toServable(model).model, samples, open, { method }),
      );
      return quantizeStatic(model, found, { keep: new Set(step.keep), reduceRange, scales });
    }
    case "weights": {
      const { bits, blockSize, keep } = step;
      return quantizeWeights(model, { bits, blockSize, symmetric: true, keep: new Set(keep) });
    }
    case "float16":
      return toFloat16(model);
    case "weightFloat16":
      return storeWeightsInFloat16(model);
    case "pruneChannels":
      return pruneChannels(model, { fraction: step.fraction, samples, open });
  }
}

async function once<Key, Value>(
  known: Map<Key, Value>,
  key: Key,
  find: () => Promise<Value>,
): Promise<Value> {
  const value = known.get(key) ?? (await find());
  known.set(key, value);
  return value;
}

/** The reasons why nodes were left, the most frequent first. */
function whyNothing(skipped: readonly Skipped[]): string {
  if (skipped.length === 0) return "the graph has no operators that this changes";
  const counts = new Map<string, number>();
  for (const { opType, reason } of skipped) {
    const text = `${opType}: ${reason}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const [[first, count] = ["", 0], ...others] = [...counts].toSorted(([, a], [, b]) => b - a);
  const rest = others.reduce((sum, [, nodes]) => sum + nodes, 0);
  return `${first}${count > 1 ? ` (${count} nodes)` : ""}${rest > 0 ? `, and ${rest} others` : ""}`;
}
