import type { Tensors } from "@longshore/core";
import { nodeLabel, walkModel, type Model, type RunnableModel } from "@longshore/onnx";
import type { Metric } from "./metrics.ts";

/** Operators that hold a model's weights, whose numbers the passes make smaller. */
const LAYERS: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** What becomes part of the layer before it. */
const FOLDED: ReadonlySet<string> = new Set(["Relu", "Clip"]);

/** A layer, and the nodes that prepare what goes into it. */
export interface Layer {
  /** Its label; see `nodeLabel`. */
  readonly name: string;
  /**
   * Labels of all nodes that have to stay in float so that this layer computes in it: also of those
   * since the layer before, as what they give would be quantised for the layer.
   */
  readonly nodes: readonly string[];
}

/** The layers of a model, in the graph's order. */
export function layersOf(model: Model): Layer[] {
  const layers: Layer[] = [];
  let nodes: string[] = [];
  walkModel(model, {
    node(node) {
      const label = nodeLabel(node);
      if (!FOLDED.has(node.opType)) nodes.push(label);
      if (!LAYERS.has(node.opType)) return;
      layers.push({ name: label, nodes });
      nodes = [];
    },
  });
  return layers;
}

/**
 * How near a changed model's answers are to those of the model that it was made of.
 *
 * @param metric one that compares with the original's answers.
 * @param answers of the original to the samples, in their order.
 */
export async function fidelity(
  model: RunnableModel,
  samples: AsyncIterable<Tensors>,
  metric: Metric,
  answers: readonly Tensors[],
): Promise<number> {
  const measurement = metric.start();
  let index = 0;
  for await (const inputs of samples) {
    const original = answers[index++]!;
    measurement.add(await model.run(inputs), { rows: [], original });
  }
  return measurement.value();
}

/** Neighbours in groups as equal as can be, so that a deep model takes no longer than this many. */
export function groupLayers(layers: readonly Layer[], groups: number): Layer[][] {
  const count = Math.min(groups, layers.length);
  return Array.from({ length: count }, (_, group) =>
    layers.slice(
      Math.floor((group * layers.length) / count),
      Math.floor(((group + 1) * layers.length) / count),
    ),
  );
}
