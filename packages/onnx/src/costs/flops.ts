import { elementCount } from "@longshore/core";
import { operatorName } from "../edit.ts";
import { intAttribute, intsAttribute, stringAttribute } from "../graph/attributes.ts";
import type { Node } from "../proto/types.ts";

/** A node with the shapes of what goes in and comes out, as far as all lengths are known. */
export interface ShapedNode {
  readonly node: Node;
  readonly inputs: readonly (readonly number[] | undefined)[];
  readonly outputs: readonly (readonly number[] | undefined)[];
}

/** What a run of an operator calculates. */
export interface Arithmetic {
  /** Products that are added up: multiply-accumulates. */
  readonly macs: number;
  /** Operations on single numbers: two a multiply-accumulate, and those of everything else. */
  readonly flops: number;
}

/**
 * Counts what a node calculates, as papers on models do: a product of matrices or a convolution by
 * its multiply-accumulates without the bias; an elementwise function as one operation an element,
 * whatever it is; a reduction or a pool as one for each element that it looks at; softmax and
 * normalisations as five an element; moving, casting and picking elements as none.
 *
 * @returns undefined for an operator that is not known, or if a shape is not.
 */
export function countFlops(shaped: ShapedNode): Arithmetic | undefined {
  const name = operatorName(shaped.node);
  const count = COUNTS.get(name) ?? COUNTS.get(name.replace(/^com\.microsoft\./, ""));
  const { macs = 0, flops = 0 } = count?.(shaped) ?? { macs: Number.NaN };
  const total = 2 * macs + flops;
  return Number.isFinite(total) ? { macs, flops: total } : undefined;
}

/** NaN wherever a shape that counts is not known. */
type Count = (shaped: ShapedNode) => { readonly macs?: number; readonly flops?: number };

const each = (names: string, count: Count): [string, Count][] =>
  names.split(/\s+/).map((name) => [name, count]);

const size = (shape: readonly number[] | undefined): number =>
  shape === undefined ? Number.NaN : elementCount(shape);
const input = ({ inputs }: ShapedNode, index: number): number => size(inputs[index]);
const output = ({ outputs }: ShapedNode): number => size(outputs[0]);
const length = (shape: readonly number[] | undefined, axis: number): number =>
  shape?.at(axis) ?? Number.NaN;

/** @param weights position of `[filters, channels / group, kernel…]`. */
const convolution =
  (weights: number): Count =>
  (shaped) => ({ macs: output(shaped) * size(shaped.inputs[weights]?.slice(1)) });

const product: Count = (shaped) => ({ macs: output(shaped) * length(shaped.inputs[0], -1) });

/** Weights of every gate for the step's features and for the units before, at each step. */
const recurrent =
  (gates: number): Count =>
  ({ inputs: [x, w] }) => {
    const [first, second, features] = [0, 1, 2].map((axis) => length(x, axis));
    const directions = length(w, 0);
    const units = length(w, 1) / gates;
    return { macs: first! * second! * directions * gates * units * (features! + units) };
  };

/** Every coefficient once a row. */
const linear: Count = ({ node, inputs: [x] }) => {
  const { floats } = node.attributes.find(({ name }) => name === "coefficients") ?? {};
  return { macs: (x?.length === 1 ? 1 : length(x, 0)) * (floats?.length ?? Number.NaN) };
};

const COUNTS: ReadonlyMap<string, Count> = new Map([
  ...each("Conv ConvInteger DeformConv FusedConv", convolution(1)),
  ...each("QLinearConv", convolution(3)),
  ...each("ConvTranspose", (shaped) => ({
    macs: input(shaped, 0) * size(shaped.inputs[1]?.slice(1)),
  })),
  ...each(
    `MatMul MatMulInteger QLinearMatMul MatMulNBits MatMulIntegerToFloat DynamicQuantizeMatMul`,
    product,
  ),
  ...each("Gemm FusedGemm FusedMatMul", (shaped) => {
    const turned = intAttribute(shaped.node, "transA", 0) === 1;
    return { macs: output(shaped) * length(shaped.inputs[0], turned ? -2 : -1) };
  }),
  ...each("Einsum", (shaped) => ({ macs: einsum(shaped) })),
  ...each("RNN", recurrent(1)),
  ...each("GRU", recurrent(3)),
  ...each("LSTM", recurrent(4)),
  ...each("ai.onnx.ml.LinearClassifier ai.onnx.ml.LinearRegressor", linear),
  ...each("Attention", attention),
  ...each("MaxPool AveragePool LpPool", (shaped) => ({
    flops: output(shaped) * size(intsAttribute(shaped.node, "kernel_shape")),
  })),
  ...each(
    `GlobalAveragePool GlobalMaxPool GlobalLpPool ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp
     ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare ArgMax ArgMin CumSum CumProd`,
    (shaped) => ({ flops: input(shaped, 0) }),
  ),
  ...each(
    `Softmax LogSoftmax LayerNormalization RMSNormalization SimplifiedLayerNormalization
     SkipLayerNormalization SkipSimplifiedLayerNormalization InstanceNormalization
     GroupNormalization LpNormalization MeanVarianceNormalization LRN`,
    (shaped) => ({ flops: 5 * output(shaped) }),
  ),
  ...each(
    `BatchNormalization QuantizeLinear DequantizeLinear DynamicQuantizeLinear
     ai.onnx.ml.Scaler ai.onnx.ml.Normalizer`,
    (shaped) => ({ flops: 2 * output(shaped) }),
  ),
  ...each("Sum Mean Max Min", (shaped) => ({
    flops: Math.max(1, shaped.node.inputs.length - 1) * output(shaped),
  })),
  ...each(
    `Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr
     BitwiseXor Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual
     HardSigmoid HardSwish IsInf IsNaN LeakyRelu Less LessOrEqual Log Mish Mod Mul Neg Not Or PRelu
     Pow QLinearAdd QLinearMul QLinearSigmoid QLinearLeakyRelu BiasGelu FastGelu QuickGelu
     Reciprocal Relu Resize Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Swish
     Tan Tanh ThresholdedRelu Upsample Where Xor ai.onnx.ml.Binarizer ai.onnx.ml.Imputer`,
    (shaped) => ({ flops: output(shaped) }),
  ),
  ...each(
    `Cast CastLike BitCast Compress Concat Constant ConstantOfShape DepthToSpace Dropout Expand
     EyeLike Flatten Gather GatherElements GatherND Hardmax Identity If Loop NonZero OneHot Optional
     OptionalGetElement OptionalHasElement Pad Range Reshape ReverseSequence Scan Scatter
     ScatterElements ScatterND SequenceAt SequenceConstruct SequenceEmpty SequenceErase
     SequenceInsert SequenceLength SequenceMap ConcatFromSequence SplitToSequence Shape Size Slice
     SpaceToDepth Split Squeeze Tile TopK Transpose Trilu Unique Unsqueeze
     ai.onnx.ml.ArrayFeatureExtractor ai.onnx.ml.CategoryMapper ai.onnx.ml.FeatureVectorizer
     ai.onnx.ml.LabelEncoder ai.onnx.ml.OneHotEncoder ai.onnx.ml.ZipMap`,
    () => ({}),
  ),
]);

/** Every combination of subscripts once. */
function einsum({ node, inputs }: ShapedNode): number {
  const [left = ""] = stringAttribute(node, "equation", "").replaceAll(" ", "").split("->");
  const lengths = new Map<string, number>();
  for (const [index, term] of left.split(",").entries()) {
    const shape = inputs[index];
    // What an ellipsis covers has no name of its own.
    if (shape === undefined || shape.length !== term.length) return Number.NaN;
    for (const [axis, subscript] of [...term].entries())
      lengths.set(subscript, Math.max(shape[axis]!, lengths.get(subscript) ?? 1));
  }
  return size([...lengths.values()]);
}

/**
 * The scores of every query with every key, and the sum of values that they weigh; in
 * `com.microsoft`, where the second input is a matrix, the projection to all three before that.
 */
function attention({ node, inputs, outputs: [result, keys, , scores] }: ShapedNode): {
  macs: number;
} {
  const [query, weights] = inputs;
  if (node.domain === "com.microsoft") {
    const [batch, steps] = [length(query, 0), length(query, 1)];
    const projection = size(query) * length(weights, 1);
    return { macs: projection + 2 * batch * steps * steps * length(result, 2) };
  }
  const past = inputs[4]?.at(2) ?? 0;
  const total = keys?.at(2) ?? scores?.at(3) ?? past + length(weights, -2);
  const queries = size(query);
  return { macs: total * (queries + size(result)) };
}
