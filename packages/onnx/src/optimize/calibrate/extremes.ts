import { toTypedArray, type Tensors } from "@longshore/core";
import { node, tensorType } from "../../build.ts";
import { editModel } from "../../graph/editor.ts";
import type { Model, ValueInfo } from "../../proto/types.ts";
import type { OpenModel } from "../runtime.ts";
import { unite, type Range } from "./range.ts";
import { runSamples } from "./run.ts";
import type { CheckedSamples } from "./samples.ts";
import { withOutputs } from "./withOutputs.ts";

/** What was seen of an activation. */
export interface Extremes extends Range {
  /** Elements in the sample where it has most. */
  readonly elements: number;
}

/**
 * Runs a model with ReduceMin, ReduceMax and Size behind each activation: three numbers a sample
 * come back of it, however large it is. An activation that never has elements has no range.
 */
export async function measureExtremes(
  model: Model,
  values: readonly string[],
  samples: CheckedSamples,
  open: OpenModel,
): Promise<ReadonlyMap<string, Extremes>> {
  const extremes = new Map<string, Extremes>();
  if (values.length === 0) return extremes;
  const { measuring, measures } = withMeasures(model, values);
  await runSamples(measuring, samples, open, (outputs) => {
    for (const [value, { min, max, size }] of measures) {
      const elements = scalar(outputs, size);
      if (elements === 0) continue;
      const seen = { min: scalar(outputs, min), max: scalar(outputs, max), elements };
      const before = extremes.get(value) ?? seen;
      extremes.set(value, {
        ...unite(before, seen),
        elements: Math.max(before.elements, elements),
      });
    }
  });
  return extremes;
}

/** The outputs that tell about an activation. */
interface Measures {
  readonly min: string;
  readonly max: string;
  readonly size: string;
}

function withMeasures(
  model: Model,
  values: readonly string[],
): { measuring: Model; measures: ReadonlyMap<string, Measures> } {
  const measures = new Map<string, Measures>();
  const outputs: ValueInfo[] = [];
  const edited = editModel(model, (graph) => {
    if (graph.outer) return;
    for (const value of values) {
      const min = graph.freshName(`${value}_min`);
      const max = graph.freshName(`${value}_max`);
      const size = graph.freshName(`${value}_size`);
      graph.add(node("ReduceMin", [value], [min], { keepdims: 0 }));
      graph.add(node("ReduceMax", [value], [max], { keepdims: 0 }));
      graph.add(node("Size", [value], [size]));
      for (const name of [min, max]) outputs.push({ name, type: tensorType("FP32", []) });
      outputs.push({ name: size, type: tensorType("INT64", []) });
      measures.set(value, { min, max, size });
    }
  });
  return { measuring: withOutputs(edited, outputs), measures };
}

function scalar(outputs: Tensors, name: string): number {
  const { datatype, data } = outputs.get(name)!;
  return Number(toTypedArray(datatype, data)[0]);
}
