import { elementCount } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import { floatAttribute, intAttribute, withAttributes } from "../../graph/attributes.ts";
import { float } from "../../build.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node, TensorProto } from "../../proto/types.ts";
import { isFloatTensor, readFloats, writeFloats, type Floats } from "../../graph/floats.ts";

/**
 * A node that multiplies channels with constant weights: Conv, ConvTranspose, Gemm, MatMul. Its
 * bias is its own, or what an Add behind a MatMul adds.
 */
export interface Linear {
  readonly node: Node;
  /** The node that makes the layer's result: the Add behind a MatMul, else the node itself. */
  readonly last: Node;
  readonly weights: TensorProto;
  readonly layout: Layout;
  /** What is added to each output channel, in double precision. */
  readonly bias: Float64Array | undefined;
  /** Axis of the output's channels; negative: from the end. */
  readonly axis: number;
  /** Number of axes of input and output; undefined if it is not known. */
  readonly rank: number | undefined;
}

/**
 * Where in the weights the element for group g, output channel o and input channel i of that group,
 * and place k in the kernel stands: `g * group + o * output + i * input + k`.
 */
export interface Layout {
  readonly groups: number;
  /** Channels of a group. */
  readonly outputs: number;
  readonly inputs: number;
  readonly kernel: number;
  readonly strides: { readonly group: number; readonly output: number; readonly input: number };
}

/** The layer that a node is, or that an Add ends; undefined where weights or bias are not constant. */
export function readLinear(graph: GraphEditor, node: Node): Linear | undefined {
  if (domainOf(node) !== "") return undefined;
  if (node.opType === "Add") return readBiasedMatMul(graph, node);
  const weights = graph.constant(node.inputs[1] ?? "");
  const layout = weights && isFloatTensor(weights) ? readLayout(node, weights) : undefined;
  if (weights === undefined || layout === undefined) return undefined;
  const bias = readBias(graph, node, layout.groups * layout.outputs);
  if (bias === "unknown") return undefined;
  const isMatMul = node.opType === "MatMul";
  const rank = isMatMul ? graph.shape(node.inputs[0] ?? "")?.length : weights.dims.length;
  // A vector times a matrix has no axis of its own for rows.
  if (isMatMul && rank === 1) return undefined;
  return { node, last: node, weights, layout, bias, axis: isMatMul ? -1 : 1, rank };
}

function readBiasedMatMul(graph: GraphEditor, add: Node): Linear | undefined {
  for (const [value, other] of [add.inputs, add.inputs.toReversed()] as const) {
    const node = value === undefined ? undefined : graph.producer(value);
    if (node?.opType !== "MatMul" || graph.soleUser(value ?? "") !== add) continue;
    const linear = readLinear(graph, node);
    const bias = linear && readRow(graph.constant(other ?? ""), linear.layout.outputs);
    if (linear && bias) return { ...linear, last: add, bias };
  }
  return undefined;
}

function readLayout(node: Node, { dims }: TensorProto): Layout | undefined {
  if (!(elementCount(dims) > 0)) return undefined;
  const groups = intAttribute(node, "group", 1);
  const [first = 0, second = 0, ...spatial] = dims;
  const kernel = elementCount(spatial);
  switch (node.opType) {
    case "Conv": {
      if (dims.length < 3 || first % groups !== 0) return undefined;
      const [outputs, inputs] = [first / groups, second];
      const strides = { group: outputs * inputs * kernel, output: inputs * kernel, input: kernel };
      return { groups, outputs, inputs, kernel, strides };
    }
    case "ConvTranspose": {
      if (dims.length < 3 || first % groups !== 0) return undefined;
      const [inputs, outputs] = [first / groups, second];
      const strides = { group: inputs * outputs * kernel, output: kernel, input: outputs * kernel };
      return { groups, outputs, inputs, kernel, strides };
    }
    case "Gemm":
    case "MatMul": {
      if (dims.length !== 2) return undefined;
      const transposed = node.opType === "Gemm" && intAttribute(node, "transB", 0) !== 0;
      const [outputs, inputs] = transposed ? [first, second] : [second, first];
      const strides = {
        group: 0,
        output: transposed ? inputs : 1,
        input: transposed ? 1 : outputs,
      };
      return { groups: 1, outputs, inputs, kernel: 1, strides };
    }
    default:
      return undefined;
  }
}

/** The bias of a node by channel; Gemm's as `beta` scales it. */
function readBias(
  graph: GraphEditor,
  node: Node,
  channels: number,
): Float64Array | undefined | "unknown" {
  const name = node.opType === "MatMul" ? "" : (node.inputs[2] ?? "");
  if (name === "") return undefined;
  const row = readRow(graph.constant(name), channels);
  if (row === undefined) return "unknown";
  const beta = node.opType === "Gemm" ? floatAttribute(node, "beta", 1) : 1;
  return row.map((value) => value * beta);
}

/** A constant that has one element a column, or one for all: never a different one for each row. */
function readRow(tensor: TensorProto | undefined, channels: number): Float64Array | undefined {
  if (tensor === undefined || !isFloatTensor(tensor) || tensor.dims.length > 2) return undefined;
  const { dims } = tensor;
  if (dims.length === 2 && dims[0] !== 1) return undefined;
  const values = readFloats(tensor);
  if (values.length === channels) return Float64Array.from(values);
  return values.length === 1 ? new Float64Array(channels).fill(values[0]!) : undefined;
}

/**
 * Puts other weights and another bias into a layer, whose result then is called `output`.
 *
 * @param input what it reads from now on.
 */
export function rewriteLinear(
  graph: GraphEditor,
  linear: Linear,
  changed: {
    readonly weights?: Floats;
    readonly bias: Float64Array | undefined;
    readonly input?: string;
    readonly output: string;
  },
): void {
  const { node, last, weights, layout } = linear;
  const { input = node.inputs[0] ?? "", output } = changed;
  const channels = layout.groups * layout.outputs;
  const { dims, dataType } = weights;
  const [, oldWeights = "", oldBias = ""] = node.inputs;
  const newWeights = changed.weights
    ? writeConstant(graph, node, writeFloats({ name: oldWeights, dims, dataType }, changed.weights))
    : oldWeights;
  const name = oldBias || `${output}_bias`;
  const bias =
    changed.bias &&
    writeConstant(graph, node, writeFloats({ name, dims: [channels], dataType }, changed.bias));
  graph.remove(node);
  if (last !== node) graph.remove(last);
  if (node.opType !== "MatMul") {
    const inputs = [input, newWeights, ...(bias === undefined ? [] : [bias])];
    const rewritten = { ...node, inputs, outputs: [output] };
    const scaled = node.opType === "Gemm" && bias !== undefined;
    graph.add(scaled ? withAttributes(rewritten, { beta: float(1) }) : rewritten);
    return;
  }
  const product = bias === undefined ? output : graph.freshName(`${output}_product`);
  graph.add({ ...node, inputs: [input, newWeights], outputs: [product] });
  if (bias !== undefined)
    graph.add({
      ...(last === node ? { opType: "Add", attributes: [] } : last),
      inputs: [product, bias],
      outputs: [output],
    });
}

/** Puts a tensor in the place of the initializer of its name if only `user` reads that. */
function writeConstant(graph: GraphEditor, user: Node, tensor: TensorProto): string {
  const { name = "" } = tensor;
  const replaces =
    graph.soleUser(name) === user && graph.scopeOf(name) === graph && graph.constant(name);
  if (!replaces || graph.producer(name)) return graph.addConstant(tensor);
  graph.setInitializer(name, tensor);
  return name;
}
