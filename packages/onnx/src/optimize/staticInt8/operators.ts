import { domainOf } from "../../edit.ts";
import { intAttribute, stringAttribute } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";

/** How an operator is computed on 8-bit integers. */
export interface Operator {
  /**
   * `weighted`: sums of products with constant weights, which is what int8 makes fast.
   * `arithmetic`: its result has a scale of its own. `movement`: every element of its results is one
   * of its inputs', so all have one scale.
   */
  readonly kind: "weighted" | "arithmetic" | "movement";
  /** Which inputs and outputs are activations: the first, or all. */
  readonly inputs: "first" | "all";
  readonly outputs: "first" | "all";
  /** Whether the result may stay in float without another kernel: sums in 32 bits are just scaled. */
  readonly floatResult?: true;
  /** Whether ONNX Runtime has no integer kernel, though compilers for accelerators do. */
  readonly acceleratorOnly?: true;
  /** Why a particular node has no integer form. */
  readonly obstacle?: (node: Node) => string | undefined;
}

const weighted = { kind: "weighted", inputs: "first", outputs: "first" } as const;
const unary = { kind: "arithmetic", inputs: "first", outputs: "first" } as const;
const binary = { kind: "arithmetic", inputs: "all", outputs: "first" } as const;
const movement = { kind: "movement", inputs: "first", outputs: "first" } as const;

/**
 * The operators that compute on 8-bit integers, as ONNX Runtime's QDQ fusions know them. Softmax
 * is not among them: its small probabilities would round to zero, and its kernel is float inside.
 */
const OPERATORS: Readonly<Record<string, Operator>> = {
  Conv: weighted,
  ConvTranspose: { ...weighted, acceleratorOnly: true },
  Gemm: { ...weighted, floatResult: true },
  MatMul: { ...weighted, floatResult: true },

  Add: binary,
  Mul: binary,
  AveragePool: unary,
  GlobalAveragePool: unary,
  LeakyRelu: unary,
  Sigmoid: unary,

  Concat: { ...movement, inputs: "all" },
  Expand: movement,
  Flatten: movement,
  Gather: movement,
  MaxPool: { ...movement, obstacle: givesIndices },
  Reshape: movement,
  Resize: { ...movement, obstacle: interpolates },
  Slice: movement,
  Split: { ...movement, outputs: "all" },
  Squeeze: movement,
  Tile: movement,
  Transpose: movement,
  Unsqueeze: movement,
};

/** A product of two activations, as attention has them. */
const PRODUCT: Operator = { ...binary, floatResult: true };

/** How a node is computed on integers; undefined if it cannot be. */
export function operatorOf(node: Node, graph: GraphEditor): Operator | undefined {
  if (domainOf(node) !== "" || !Object.hasOwn(OPERATORS, node.opType)) return undefined;
  if (node.opType === "MatMul" && !graph.constant(node.inputs[1] ?? "")) return PRODUCT;
  return OPERATORS[node.opType];
}

function givesIndices({ outputs }: Node): string | undefined {
  return outputs[1] ? "its indices are asked for" : undefined;
}

/** What interpolates makes values that the input does not have. */
function interpolates(node: Node): string | undefined {
  if (stringAttribute(node, "mode", "nearest") !== "nearest") return "it interpolates";
  const corners = stringAttribute(node, "coordinate_transformation_mode", "half_pixel");
  if (corners === "tf_crop_and_resize") return "it extrapolates";
  return intAttribute(node, "antialias", 0) === 1 ? "it interpolates" : undefined;
}
