import { domainOf } from "../../edit.ts";
import { floatAttribute, intAttribute } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node, TensorProto } from "../../proto/types.ts";
import { isFloatTensor, readFloats } from "../../graph/floats.ts";

/** A node that gives `scale * x + offset`, with constants of their own for each channel. */
export interface Affine {
  readonly node: Node;
  readonly input: string;
  readonly output: string;
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/** Where the channels of a value are. */
export interface Channels {
  readonly count: number;
  /** Negative: from the end. */
  readonly axis: number;
  /** Undefined where it is not known. */
  readonly rank: number | undefined;
}

/** A node that reads `input` as {@link Affine}: BatchNormalization, or arithmetic with constants. */
export function readAffine(
  graph: GraphEditor,
  node: Node,
  input: string,
  channels: Channels,
): Affine | undefined {
  if (domainOf(node) !== "") return undefined;
  const terms =
    node.opType === "BatchNormalization"
      ? readBatchNorm(graph, node, channels)
      : readArithmetic(graph, node, input, channels);
  const [output = ""] = node.outputs;
  return terms && output !== "" ? { node, input, output, ...terms } : undefined;
}

type Terms = Pick<Affine, "scale" | "offset">;

/** y = scale * (x − mean) / √(variance + epsilon) + bias, along axis 1. */
function readBatchNorm(
  graph: GraphEditor,
  node: Node,
  { count, axis, rank }: Channels,
): Terms | undefined {
  if (axis !== 1 && !(rank === 2 && axis === -1)) return undefined;
  if (!infers(graph, node)) return undefined;
  const parameters = node.inputs.slice(1, 5).map((name) => graph.constant(name));
  const [gamma, beta, mean, variance] = parameters.map(
    (tensor) => tensor && isFloatTensor(tensor) && readFloats(tensor),
  );
  if (!gamma || !beta || !mean || !variance || gamma.length !== count) return undefined;
  // The attribute is in single precision; written as 1e-5 it means what that rounds to.
  const epsilon = Math.fround(floatAttribute(node, "epsilon", 1e-5));
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const offset = Float64Array.from(beta, (value, c) => value - mean[c]! * scale[c]!);
  return { scale, offset };
}

/** Whether a BatchNormalization uses its statistics as they are, for each channel. */
function infers(graph: GraphEditor, node: Node): boolean {
  const [, ...others] = node.outputs;
  const read = others.some(
    (name) => name !== "" && (graph.isOutput(name) || graph.users(name).length > 0),
  );
  return (
    !read &&
    (graph.opset() ?? 0) >= 7 &&
    intAttribute(node, "training_mode", 0) === 0 &&
    intAttribute(node, "spatial", 1) === 1
  );
}

function readArithmetic(
  graph: GraphEditor,
  node: Node,
  input: string,
  channels: Channels,
): Terms | undefined {
  const [left = "", right = ""] = node.inputs;
  if (left === right || !ARITHMETIC.has(node.opType)) return undefined;
  const constant = graph.constant(left === input ? right : left);
  const values = constant && readPerChannel(constant, channels);
  if (values === undefined) return undefined;
  const all = (value: number): Float64Array => new Float64Array(channels.count).fill(value);
  switch (node.opType) {
    case "Mul":
      return { scale: values, offset: all(0) };
    case "Add":
      return { scale: all(1), offset: values };
    case "Sub":
      return left === input
        ? { scale: all(1), offset: values.map((value) => -value) }
        : { scale: all(-1), offset: values };
    default:
      return left === input
        ? { scale: values.map((value) => 1 / value), offset: all(0) }
        : undefined;
  }
}

const ARITHMETIC: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div"]);

/** A constant that has one element a channel, or one for all, and makes no value larger. */
function readPerChannel(tensor: TensorProto, channels: Channels): Float64Array | undefined {
  const { count, axis, rank } = channels;
  const { dims } = tensor;
  // Without a known rank, only what is a scalar or lies along the last axis surely fits.
  if (!isFloatTensor(tensor) || dims.length > (rank ?? (axis === -1 ? 1 : 0))) return undefined;
  const fromEnd = axis < 0 ? -axis : (rank ?? 0) - axis;
  const place = dims.length - fromEnd;
  const others = dims.filter((_, index) => index !== place);
  const length = dims[place] ?? 1;
  if (others.some((other) => other !== 1) || (length !== 1 && length !== count)) return undefined;
  const values = readFloats(tensor);
  return length === count
    ? Float64Array.from(values)
    : new Float64Array(count).fill(values[0] ?? Number.NaN);
}
