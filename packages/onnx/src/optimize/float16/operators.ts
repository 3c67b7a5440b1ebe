import { domainOf } from "../../edit.ts";
import type { Node } from "../../proto/types.ts";

/** What kind of operator a node is, as far as half precision goes. */
export type Kind =
  /** Products and the like: what half precision is for. Reads FP16 whatever made its inputs. */
  | "product"
  /** Element by element, or only moving elements: its values are as wide as those it reads. */
  | "plain"
  /** Its values are small, whatever it reads. */
  | "bounded";

const PRODUCTS = [
  "Attention",
  "BatchNormalization",
  "Conv",
  "ConvTranspose",
  "Einsum",
  "GRU",
  "Gemm",
  "GroupNormalization",
  "InstanceNormalization",
  "LSTM",
  "LayerNormalization",
  "MatMul",
  "RMSNormalization",
  "RNN",
  "com.microsoft.Attention",
  "com.microsoft.FusedMatMul",
  "com.microsoft.MatMulNBits",
  "com.microsoft.MultiHeadAttention",
  "com.microsoft.SkipLayerNormalization",
];

const PLAIN = [
  "Abs",
  "Add",
  "ArgMax",
  "ArgMin",
  "AveragePool",
  "Ceil",
  "Clip",
  "Compress",
  "Concat",
  "ConstantOfShape",
  "DepthToSpace",
  "Div",
  "Dropout",
  "Elu",
  "Expand",
  "Flatten",
  "Floor",
  "Gather",
  "GatherElements",
  "GatherND",
  "Gelu",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "HardSwish",
  "Identity",
  "LeakyRelu",
  "LogSoftmax",
  "Max",
  "MaxPool",
  "Mean",
  "Min",
  "Mish",
  "Mul",
  "Neg",
  "PRelu",
  "Pad",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "Relu",
  "Reshape",
  "Resize",
  "ReverseSequence",
  "Round",
  "ScatterElements",
  "ScatterND",
  "Selu",
  "Slice",
  "Softplus",
  "SpaceToDepth",
  "Split",
  "Squeeze",
  "Sub",
  "Sum",
  "ThresholdedRelu",
  "Tile",
  "TopK",
  "Transpose",
  "Trilu",
  "Unsqueeze",
  "Upsample",
  "Where",
  "com.microsoft.BiasGelu",
  "com.microsoft.FastGelu",
  "com.microsoft.Gelu",
  "com.microsoft.QuickGelu",
];

const BOUNDED = [
  "Erf",
  "HardSigmoid",
  "Hardmax",
  "Log",
  "Reciprocal",
  "Sigmoid",
  "Sign",
  "Softmax",
  "Softsign",
  "Sqrt",
  "Tanh",
];

/** Operators that compute in FP16: the ONNX specification (or ONNX Runtime's) gives them the type. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...PRODUCTS.map((name): [string, Kind] => [name, "product"]),
  ...PLAIN.map((name): [string, Kind] => [name, "plain"]),
  ...BOUNDED.map((name): [string, Kind] => [name, "bounded"]),
]);

/** Sums and powers, which may be much larger than what goes in. */
const WIDENING: ReadonlySet<string> = new Set([
  "CumSum",
  "Exp",
  "Pow",
  "ReduceL1",
  "ReduceProd",
  "ReduceSum",
  "ReduceSumSquare",
]);

/** Why operators that could be in FP16 are not. All others have no FP16 form that is known here. */
const BLOCKED: readonly (readonly [reason: string, operators: readonly string[]])[] = [
  [
    "sums of powers inside it may leave FP16's range",
    [
      "GlobalLpPool",
      "LRN",
      "LpNormalization",
      "LpPool",
      "MeanVarianceNormalization",
      "ReduceL2",
      "ReduceLogSum",
      "ReduceLogSumExp",
    ],
  ],
  [
    "coordinates need more than FP16's 11 bits",
    ["AffineGrid", "GridSample", "MaxRoiPool", "RoiAlign"],
  ],
  ["angles, such as those of positions, need more than FP16's 11 bits", ["Cos", "Sin"]],
  [
    "it compares numbers that rounding could make equal",
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"],
  ],
  ["ONNX has no FP16 form of it", ["Celu", "NonMaxSuppression", "Range"]],
  [
    "it draws random numbers, which few runtimes do in FP16",
    [
      "Bernoulli",
      "Multinomial",
      "RandomNormal",
      "RandomNormalLike",
      "RandomUniform",
      "RandomUniformLike",
    ],
  ],
  [
    "it is quantised, with scales in FP32",
    ["DequantizeLinear", "DynamicQuantizeLinear", "QuantizeLinear"],
  ],
  ["values go in and out of its graphs in FP32", ["If", "Loop", "Scan"]],
];

/** `Conv`, `com.microsoft.Gelu`. */
function nameOf(node: Node): string {
  const domain = domainOf(node);
  return domain === "" ? node.opType : `${domain}.${node.opType}`;
}

/** Whether a node is of a standard operator. */
export function isStandard(node: Node, opType: string): boolean {
  return node.opType === opType && domainOf(node) === "";
}

/** What kind of operator that has an FP16 form a node is of; undefined for all others. */
export function kindOf(node: Node): Kind | undefined {
  return KINDS.get(nameOf(node));
}

/** Whether a node is of the {@link Kind} that half precision is for. */
export function isProduct(node: Node): boolean {
  return kindOf(node) === "product";
}

/** Why a node of no {@link kindOf} stays in FP32. */
export function whyBlocked(node: Node): string {
  const name = nameOf(node);
  const found = BLOCKED.find(([, operators]) => operators.includes(name));
  return found?.[0] ?? "no FP16 form of it is known";
}

/** Whether the results may be much larger than what goes in: sums, powers, squares. */
export function isWidening(node: Node): boolean {
  const square = isStandard(node, "Mul") && node.inputs[0] === node.inputs[1];
  return square || (domainOf(node) === "" && WIDENING.has(node.opType));
}

/** Whether only the shape of its input counts, not the elements. */
export function isPeek(node: Node): boolean {
  return isStandard(node, "Shape") || isStandard(node, "Size");
}

const NONE: ReadonlySet<number> = new Set();

/** Inputs that stay in FP32 where the node is in FP16, by position. */
export function fp32Inputs({ opType }: Node): ReadonlySet<number> {
  return FP32_INPUTS[opType] ?? NONE;
}

const FP32_INPUTS: Readonly<Record<string, ReadonlySet<number>>> = {
  // The scales; from opset 11 on, regions come first.
  Resize: new Set([1, 2]),
  Upsample: new Set([1]),
  // The ratio.
  Dropout: new Set([1]),
};

/** Outputs that stay in FP32 where the node is in FP16, by position: means and deviations. */
export function fp32Outputs({ opType }: Node): ReadonlySet<number> {
  return FP32_OUTPUTS[opType] ?? NONE;
}

const FP32_OUTPUTS: Readonly<Record<string, ReadonlySet<number>>> = {
  LayerNormalization: new Set([1, 2]),
  SkipLayerNormalization: new Set([1, 2]),
};
