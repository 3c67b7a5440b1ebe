import { domainOf } from "../../../edit.ts";
import type { Node } from "../../../proto/types.ts";
import { normalization, pad, pool, reduce, resize } from "./channelwise.ts";
import { broadcast, sameShape } from "./elementwise.ts";
import { conv, convTranspose, gemm, matMul } from "./layers.ts";
import { concat, shape, slice, split } from "./pieces.ts";
import { flatten, reshape, squeeze, transpose, unsqueeze } from "./reshape.ts";
import type { Rule } from "./rule.ts";

/** The operators that channels are followed through. */
const RULES: Readonly<Record<string, Rule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: matMul,

  ...each(
    `Abs Cast Ceil Celu Clip Dropout Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsNaN
     LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Softplus Softsign
     Sqrt Swish Tanh ThresholdedRelu`,
    sameShape,
  ),
  ...each(
    `Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow PRelu Sub
     Sum Where Xor`,
    broadcast,
  ),

  ...each("BatchNormalization InstanceNormalization", normalization),
  ...each("AveragePool LpPool MaxPool GlobalAveragePool GlobalLpPool GlobalMaxPool", pool),
  ...each(
    `ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
     ReduceSum ReduceSumSquare`,
    reduce,
  ),
  ...each("Resize Upsample", resize),
  Pad: pad,

  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,

  Concat: concat,
  Shape: shape,
  Slice: slice,
  Split: split,
};

/** One rule under several names. */
function each(names: string, rule: Rule): Readonly<Record<string, Rule>> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, rule]));
}

/** How channels are followed through a node; undefined for an operator that nobody has thought of. */
export function ruleOf(node: Node): Rule | undefined {
  return domainOf(node) === "" && Object.hasOwn(RULES, node.opType)
    ? RULES[node.opType]
    : undefined;
}
