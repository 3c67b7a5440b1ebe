import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Model, Node } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import { nodeLabel, skip, type PassResult } from "../pass.ts";
import { readAffine, type Affine } from "./affine.ts";
import { respond, scaleInputs, scaleOutputs } from "./channelMath.ts";
import { readLinear, rewriteLinear, type Linear } from "./linear.ts";

/**
 * Folds BatchNormalization, and arithmetic with constants of a channel, into the weights of the
 * Conv, ConvTranspose, Gemm or MatMul before it; BatchNormalization also into the one behind it.
 * Calculated in double precision. The model's values must have their types, as `inferShapes` gives them.
 *
 * Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference" (2018), section 3.2.
 */
export function foldAffine(model: Model): PassResult {
  return editPass(model, (graph, { changes, skipped }) => {
    for (const node of graph.nodes) {
      if (!graph.has(node) || !AFFINE.has(node.opType)) continue;
      const into = foldIntoPrevious(graph, node) ?? foldIntoNext(graph, node);
      if (into) changes.push(`${node.opType} "${nodeLabel(node)}" folded into ${describe(into)}`);
      else if (node.opType === "BatchNormalization")
        skipped.push(skip(node, "no Conv, Gemm or MatMul with constant weights can take it up"));
    }
  });
}

const AFFINE: ReadonlySet<string> = new Set(["BatchNormalization", "Add", "Sub", "Mul", "Div"]);

const describe = ({ node }: Linear): string => `${node.opType} "${nodeLabel(node)}"`;

/** scale * (W x + b) + offset = (scale W) x + (scale b + offset) */
function foldIntoPrevious(graph: GraphEditor, node: Node): Linear | undefined {
  for (const input of new Set(node.inputs)) {
    const producer = graph.producer(input);
    if (producer === undefined || graph.soleUser(input) !== node) continue;
    const linear = readLinear(graph, producer);
    // The Add behind a MatMul is its bias already.
    if (linear === undefined || (linear.node.opType === "MatMul" && isBias(linear, node))) continue;
    const { weights, layout, bias, axis, rank } = linear;
    const count = layout.groups * layout.outputs;
    const affine = readAffine(graph, node, input, { count, axis, rank });
    if (affine === undefined || !isFinite(affine)) continue;
    const { scale, offset, output } = affine;
    const total = offset.map((value, channel) => value + scale[channel]! * (bias?.[channel] ?? 0));
    graph.remove(node);
    rewriteLinear(graph, linear, {
      ...(!scale.every((factor) => factor === 1) && {
        weights: scaleOutputs(weights, layout, scale),
      }),
      bias: bias === undefined && offset.every((value) => value === 0) ? undefined : total,
      output,
    });
    return linear;
  }
  return undefined;
}

const isBias = ({ last, node }: Linear, { opType }: Node): boolean =>
  last === node && (opType === "Add" || opType === "Sub");

/** W (scale x + offset) + b = (W scale) x + (W offset + b) */
function foldIntoNext(graph: GraphEditor, node: Node): Linear | undefined {
  const [input = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const next = graph.soleUser(output);
  // Arithmetic stays: runtimes look for activations and norms that end in a Mul by a constant.
  if (node.opType !== "BatchNormalization" || next?.inputs[0] !== output) return undefined;
  const linear = readLinear(graph, next);
  if (linear === undefined || linear.node !== next || !takesOffset(next)) return undefined;
  const { weights, layout, bias, axis, rank } = linear;
  const count = layout.groups * layout.inputs;
  const affine = readAffine(graph, node, input, { count, axis, rank });
  if (affine === undefined || !isFinite(affine)) return undefined;
  const alpha = next.opType === "Gemm" ? floatAttribute(next, "alpha", 1) : 1;
  const response = respond(weights, layout, affine.offset);
  graph.remove(node);
  rewriteLinear(graph, linear, {
    weights: scaleInputs(weights, layout, affine.scale),
    bias: response.map((value, channel) => alpha * value + (bias?.[channel] ?? 0)),
    input,
    output: next.outputs[0] ?? "",
  });
  return linear;
}

/** Whether a constant in each input adds the same to all results: padding's zeros are not shifted. */
export function takesOffset(layer: Node): boolean {
  if (layer.opType === "MatMul") return true;
  if (layer.opType === "Gemm") return intAttribute(layer, "transA", 0) === 0;
  const unpadded =
    ["NOTSET", "VALID"].includes(stringAttribute(layer, "auto_pad", "NOTSET")) &&
    (intsAttribute(layer, "pads") ?? []).every((pad) => pad === 0);
  return layer.opType === "Conv" && unpadded;
}

function isFinite({ scale, offset }: Affine): boolean {
  return scale.every(Number.isFinite) && offset.every(Number.isFinite);
}
