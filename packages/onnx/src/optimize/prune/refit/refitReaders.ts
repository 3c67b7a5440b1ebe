import type { Tensors } from "@longshore/core";
import { editModel } from "../../../graph/editor.ts";
import type { Model, Node } from "../../../proto/types.ts";
import { checkedSamples } from "../../calibrate/samples.ts";
import { nodeLabel, skip, type PassResult, type Skipped } from "../../pass.ts";
import type { OpenModel } from "../../runtime.ts";
import { correctLayer } from "./correctLayer.ts";
import { fitLayer } from "./fitLayer.ts";
import { readLayer, type LinearLayer } from "./layer.ts";
import type { Reader } from "./readers.ts";

/**
 * Fits the weights and biases of layers that have lost inputs to what is left: one after another in
 * the order in which they run, each by least squares, so that on the samples its outputs come as
 * near as they can to the original's, given what the layers before it make by now. No layer's
 * squared error at the places that are looked at becomes larger.
 *
 * Source: He, Zhang, Sun 2017, "Channel pruning for accelerating very deep neural networks",
 * section 3.1 (reconstruction) and 3.2 (whole models, residual branches).
 *
 * @throws LongshoreError DATA_INVALID for samples that the model does not take.
 */
export async function refitReaders(
  original: Model,
  pruned: Model,
  readers: readonly Reader[],
  samples: AsyncIterable<Tensors>,
  open: OpenModel,
): Promise<PassResult> {
  const checked = checkedSamples(original, samples);
  const changes: string[] = [];
  const skipped: Skipped[] = [];
  let model = pruned;
  for (const reader of readers) {
    const { node, layer } = findLayer(model, reader);
    const fit =
      typeof layer === "string"
        ? layer
        : await fitLayer({ original, pruned: model, reader, layer, samples: checked, open });
    if (typeof fit === "string") {
      skipped.push(skip(node, `not refitted: ${fit}`));
      continue;
    }
    model = correctLayer(model, reader.output, fit.weights);
    const [before, after] = [fit.errorBefore, fit.errorAfter].map(percent);
    changes.push(`${node.opType} "${nodeLabel(node)}": refitted, error ${before} → ${after}`);
  }
  return { model, changes, skipped };
}

function findLayer(
  model: Model,
  { output }: Reader,
): { readonly node: Node; readonly layer: LinearLayer | string } {
  const found: { node: Node; layer: LinearLayer | string }[] = [];
  editModel(model, (graph) => {
    const node = graph.outer ? undefined : graph.producer(output);
    if (node) found.push({ node, layer: readLayer(graph, node) });
  });
  return found[0]!;
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(3)} %`;
}
