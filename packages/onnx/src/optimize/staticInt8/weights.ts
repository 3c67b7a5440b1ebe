import { elementCount } from "@longshore/core";
import { floatAttribute, intAttribute, withAttributes } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { floatsOf } from "../../graph/tensorData.ts";
import type { Node } from "../../proto/types.ts";
import { quantizeBias, scalesForBias } from "../quantize/bias.ts";
import { BIAS_LIMIT, sumObstacle } from "../quantize/sums.ts";
import { allFinite, quantizePerChannel, quantizePerTensor } from "../quantize/weights.ts";
import { floatConstant } from "./constants.ts";
import { addDequantized } from "./dequantize.ts";
import type { Operator } from "./operators.ts";
import type { StaticInt8Options } from "./options.ts";
import { powerOfTwo } from "./scales.ts";

/** Why a node's constants cannot be brought into integers; undefined if they can. */
export function weightObstacle(
  node: Node,
  operator: Operator,
  graph: GraphEditor,
): string | undefined {
  const inputs = operator.inputs === "all" || operator.kind === "weighted" ? node.inputs : [];
  const constants = inputs.filter((name) => graph.constant(name));
  if (operator.kind === "movement" && constants.length > 0)
    return "some of its inputs are constant";
  for (const name of constants) {
    const constant = floatConstant(name, graph);
    if (constant === undefined) return `"${name}" is not FP32, or its data are not loaded`;
    if (!allFinite(floatsOf(constant))) return `"${name}" is not finite`;
  }
  if (operator.kind !== "weighted") return undefined;
  if (!constants.includes(node.inputs[1] ?? "")) return "its weights are not constant";
  return shapeObstacle(node, graph);
}

function shapeObstacle(node: Node, graph: GraphEditor): string | undefined {
  const { dims } = graph.constant(node.inputs[1]!)!;
  if (node.opType === "MatMul" && dims.length < 2) return "its weights are a vector";
  if (elementCount(dims) === 0) return "it has no weights";
  const channels = outputChannels(node, dims);
  const tooMany = sumObstacle(elementCount(dims) / channels, BIAS_LIMIT);
  if (tooMany) return tooMany;
  const bias = node.inputs[2];
  if (!bias) return undefined;
  const constant = graph.constant(bias);
  if (constant === undefined) return "its bias is not constant";
  const rows = constant.dims.slice(0, -1);
  const columns = constant.dims.at(-1) ?? 1;
  const fits = rows.every((rows) => rows === 1) && (columns === channels || columns === 1);
  return fits ? undefined : "its bias differs from row to row";
}

/** Which axis of the weights makes another channel of the result. */
function channelAxis(node: Node, dims: readonly number[]): number {
  if (node.opType === "Conv") return 0;
  if (node.opType === "Gemm") return intAttribute(node, "transB", 0) === 1 ? 0 : 1;
  return dims.length - 1;
}

/** How many channels a node with weights of these dimensions gives. */
export function outputChannels(node: Node, dims: readonly number[]): number {
  if (node.opType === "ConvTranspose") return dims[1]! * intAttribute(node, "group", 1);
  return dims[channelAxis(node, dims)]!;
}

/** Weights as integers with a DequantizeLinear behind them. */
interface Dequantized {
  readonly scales: Float32Array;
  /** The value that the DequantizeLinear makes. */
  readonly name: string;
}

/** By what they were made of, so that nodes which share weights still do. */
export type WeightCache = Map<string, Dequantized>;

/** What a pass carries along from node to node. */
export interface WeightContext {
  readonly graph: GraphEditor;
  readonly cache: WeightCache;
  readonly options: StaticInt8Options;
}

/** A weighted node that reads its weights and bias from integers; its activations are as before. */
export function quantizeOperands(node: Node, inputScale: number, context: WeightContext): Node {
  const { graph } = context;
  const [input = "", , biasName = ""] = node.inputs;
  const bias = biasName ? readBias(node, graph) : undefined;
  const weights = quantizeWeights(node, bias && scalesForBias(bias, inputScale), context);
  const inputs = [input, weights.name];
  if (bias) inputs.push(addBias(biasName, bias, inputScale, weights.scales, graph));
  // Both are in the integers now; ONNX Runtime fuses no other beta than 1.
  const factors = node.opType === "Gemm" ? { alpha: undefined, beta: undefined } : {};
  return { ...withAttributes(node, factors), inputs };
}

function quantizeWeights(
  node: Node,
  minScales: Float32Array | undefined,
  { graph, cache, options: { reduceRange = false, scales = "any" } }: WeightContext,
): Dequantized {
  const name = node.inputs[1]!;
  const { dims } = graph.constant(name)!;
  const alpha = node.opType === "Gemm" ? floatAttribute(node, "alpha", 1) : 1;
  // The scales of batched matrices would have more than one dimension.
  const perTensor = scales === "powerOfTwo" || (node.opType === "MatMul" && dims.length > 2);
  const axis = perTensor ? undefined : channelAxis(node, dims);

  const withScales = (wanted?: Float32Array): Dequantized => {
    const key = JSON.stringify([name, axis, alpha, wanted && [...wanted]]);
    const known = cache.get(key);
    if (known) return known;
    const floats = floatsOf(graph.constant(name)!);
    const scaled = alpha === 1 ? floats : floats.map((value) => value * alpha);
    const bits = reduceRange ? 7 : 8;
    const options = { bits, ...(wanted && { minScales: wanted }) } as const;
    const quantized =
      axis === undefined
        ? quantizePerTensor(scaled, options)
        : quantizePerChannel(scaled, dims, axis, options);
    const constant = { name, dims, datatype: "INT8", zeroPoint: 0, axis, ...quantized } as const;
    const made = { scales: quantized.scales, name: addDequantized(constant, graph) };
    cache.set(key, made);
    return made;
  };

  const plain = withScales();
  const least = perTensor ? [Math.max(0, ...(minScales ?? []))] : minScales;
  const wanted = plain.scales.map((scale, channel) => {
    const enough = Math.max(scale, least?.[channel] ?? 0);
    return scales === "powerOfTwo" ? powerOfTwo(enough) : enough;
  });
  return wanted.every((scale, channel) => scale === plain.scales[channel])
    ? plain
    : withScales(wanted);
}

/** A bias with one value a channel. */
function readBias(node: Node, graph: GraphEditor): Float32Array {
  const floats = floatsOf(graph.constant(node.inputs[2]!)!);
  const channels = outputChannels(node, graph.constant(node.inputs[1]!)!.dims);
  const beta = node.opType === "Gemm" ? floatAttribute(node, "beta", 1) : 1;
  return Float32Array.from(
    { length: channels },
    (_, channel) => beta * floats[floats.length === 1 ? 0 : channel]!,
  );
}

/** Adds a bias in the unit of the sums of products, which is what lets ONNX Runtime fuse it. */
function addBias(
  name: string,
  bias: Float32Array,
  inputScale: number,
  weightScales: Float32Array,
  graph: GraphEditor,
): string {
  const values = quantizeBias(bias, inputScale, weightScales);
  const scales = weightScales.map((scale) => scale * inputScale);
  const axis = scales.length > 1 ? 0 : undefined;
  const dims = [values.length];
  return addDequantized(
    { name, dims, datatype: "INT32", values, scales, zeroPoint: 0, axis },
    graph,
  );
}
