import { elementCount } from "@longshore/core";
import { tensor } from "../../../build.ts";
import { editModel, type GraphEditor } from "../../../graph/editor.ts";
import { floatsOf } from "../../../graph/tensorData.ts";
import type { Model, Node, TensorProto } from "../../../proto/types.ts";
import { readLayer, type BiasPlace, type LinearLayer } from "./layer.ts";

/**
 * Adds a correction to the weights of the layer that makes a value, and to its bias.
 *
 * @param correction by output: [outputs, features], the bias last if the layer has a place for it.
 */
export function correctLayer(model: Model, output: string, correction: Float64Array): Model {
  return editModel(model, (graph) => {
    const node = graph.outer ? undefined : graph.producer(output);
    const layer = node && readLayer(graph, node);
    if (layer === undefined || typeof layer === "string") return;
    const width = layer.features + (layer.bias ? 1 : 0);
    const { dims, name = "" } = graph.constant(layer.node.inputs[1]!)!;
    const weights = correctWeights(layer, correction, width);
    // The bias first: it may be an input of the same node, which is replaced.
    if (layer.bias) {
      const last = Float64Array.from(
        { length: layer.outputs },
        (_, index) => correction[(index + 1) * width - 1]!,
      );
      correctBias(graph, layer.bias, last);
    }
    setInput(graph, graph.producer(output)!, 1, tensor(name, "FP32", dims, weights));
    graph.removeUnused();
  });
}

function correctWeights(
  { weights, features, outputs, outputsFirst, scale }: LinearLayer,
  correction: Float64Array,
  width: number,
): Float32Array {
  const corrected = weights.slice();
  for (let output = 0; output < outputs; output++)
    for (let feature = 0; feature < features; feature++) {
      const at = outputsFirst ? output * features + feature : feature * outputs + output;
      corrected[at]! += correction[output * width + feature]! / scale;
    }
  return corrected;
}

/** A bias that there is none of yet, or that is the same for all outputs, becomes a vector. */
function correctBias(
  graph: GraphEditor,
  { node, input, scale }: BiasPlace,
  correction: Float64Array,
): void {
  const before = node.inputs[input] ? graph.constant(node.inputs[input])! : undefined;
  const old = before ? floatsOf(before) : new Float32Array(1);
  const wide = before !== undefined && elementCount(before.dims) > 1;
  const dims = wide ? before.dims : [correction.length];
  const values = Float32Array.from(
    { length: elementCount(dims) },
    (_, at) => old[at % old.length]! + correction[at % correction.length]! / scale,
  );
  setInput(
    graph,
    node,
    input,
    tensor(before?.name ?? `${node.outputs[0]}_bias`, "FP32", dims, values),
  );
}

/** Gives a node another constant, under the same name if nobody else reads it. */
function setInput(graph: GraphEditor, node: Node, index: number, constant: TensorProto): void {
  const name = node.inputs[index] ?? "";
  const own = graph.initializers.some((initializer) => initializer.name === name);
  if (own && graph.soleUser(name)) {
    graph.setInitializer(name, constant);
    return;
  }
  const inputs = [...node.inputs];
  while (inputs.length < index) inputs.push("");
  inputs[index] = graph.addConstant(constant);
  graph.replace(node, { ...node, inputs });
}
