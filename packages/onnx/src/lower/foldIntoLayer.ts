import { floatAttribute } from "../graph/attributes.ts";
import type { GraphEditor } from "../graph/editor.ts";
import { readAffine, type Affine } from "../optimize/clean/affine.ts";
import { respond, scaleInputs } from "../optimize/clean/channelMath.ts";
import { takesOffset } from "../optimize/clean/foldAffine.ts";
import { readLinear, rewriteLinear, type Linear } from "../optimize/clean/linear.ts";
import { editPass } from "../optimize/editPass.ts";
import { withInferredTypes, withStatedTypes } from "../optimize/inferredTypes.ts";
import { removeNoOps } from "../optimize/clean/removeNoOps.ts";
import type { Model, Node } from "../proto/types.ts";

/**
 * How far a scaler may shift what a layer reads, in the layer's own unit. Folded, the shift is
 * subtracted after the multiplication: what single precision loses by it grows with the shift, and
 * stays within the rounding of the layer's own sum up to here.
 */
const MOST_SHIFT = 64;

/**
 * Folds lowered scalers into the weights of the Gemm or MatMul that they lead to, so that they cost
 * nothing, and takes away nodes that do nothing.
 *
 * @param isLowered which nodes were added for steps; others stay as they are.
 */
export function foldIntoLayer(model: Model, isLowered: (node: Node) => boolean): Model {
  const typed = withInferredTypes(model);
  const folded = editPass(typed, (graph, { changes }) => {
    for (const node of graph.nodes) {
      if (!graph.has(node) || (node.opType !== "Gemm" && node.opType !== "MatMul")) continue;
      if (fold(graph, node, isLowered)) changes.push(node.opType);
    }
    graph.removeUnused();
  }).model;
  return withStatedTypes(removeNoOps(withInferredTypes(folded)).model, model);
}

/** W (scale x + offset) + b = (W scale) x + (W offset + b) */
function fold(graph: GraphEditor, node: Node, isLowered: (node: Node) => boolean): boolean {
  const linear = layerOf(graph, node);
  const [input = ""] = node.inputs;
  if (linear === undefined || !takesOffset(node)) return false;
  const { weights, layout, bias } = linear;
  const count = layout.groups * layout.inputs;
  const scale = new Float64Array(count).fill(1);
  const offset = new Float64Array(count);
  const chain: Affine[] = [];
  for (let value = input; ;) {
    const before = graph.producer(value);
    const reader = chain.at(-1)?.node ?? node;
    if (before === undefined || !isLowered(before) || graph.soleUser(value) !== reader) break;
    const [source = ""] = before.inputs;
    const affine = readAffine(graph, before, source, { count, axis: -1, rank: 2 });
    if (affine === undefined) break;
    for (let at = 0; at < count; at++) {
      offset[at]! += scale[at]! * affine.offset[at]!;
      scale[at]! *= affine.scale[at]!;
    }
    chain.push(affine);
    value = affine.input;
  }
  const within = offset.every((shift) => Math.abs(shift) <= MOST_SHIFT);
  if (chain.length === 0 || !within || !scale.every(Number.isFinite)) return false;
  const alpha = node.opType === "Gemm" ? floatAttribute(node, "alpha", 1) : 1;
  const response = respond(weights, layout, offset);
  for (const affine of chain) graph.remove(affine.node);
  rewriteLinear(graph, linear, {
    weights: scaleInputs(weights, layout, scale),
    bias: response.map((value, channel) => alpha * value + (bias?.[channel] ?? 0)),
    input: chain.at(-1)!.input,
    output: linear.last.outputs[0] ?? "",
  });
  return true;
}

/** The layer, with the bias that an Add behind a MatMul is. */
function layerOf(graph: GraphEditor, node: Node): Linear | undefined {
  const user = node.opType === "MatMul" ? graph.soleUser(node.outputs[0] ?? "") : undefined;
  return (user?.opType === "Add" ? readLinear(graph, user) : undefined) ?? readLinear(graph, node);
}
