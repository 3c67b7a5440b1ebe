import { intAttribute } from "../graph/attributes.ts";
import { each, input, type Call, type Rule, type Rules } from "./call.ts";
import { broadcast, type Shape } from "./dims.ts";
import { calculate } from "./arithmetic.ts";
import { like, TYPE, tensorOf, type Known } from "./known.ts";

/** Operators whose result has the shape of, or is broadcast from, their inputs. */
export const elementwise: Rules = {
  ...each(
    `Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Clip Cos Cosh CumProd CumSum Elu Erf
     Exp Floor Gelu HardSigmoid HardSwish Hardmax InstanceNormalization GroupNormalization LRN
     LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg PRelu Reciprocal
     Relu ReverseSequence Round Scatter ScatterElements ScatterND Selu Shrink Sigmoid Sign Sin Sinh
     Softmax Softplus Softsign Sqrt Swish Tan Tanh TensorScatter ThresholdedRelu Trilu
     RotaryEmbedding RMSNormalization`,
    sameAsFirst,
  ),
  Identity: (call) => [input(call, 0)],
  ...each("Not IsInf IsNaN RegexFullMatch", (call) => [
    { ...sameAsFirst(call)[0], elemType: TYPE.BOOL },
  ]),
  ...each("Add Sub Mul Div Mod Pow Max Min Mean Sum StringConcat", broadcasting(0)),
  ...each("BitShift BitwiseAnd BitwiseOr BitwiseXor", broadcasting(0)),
  ...each("And Or Xor Equal Greater GreaterOrEqual Less LessOrEqual", broadcasting(TYPE.BOOL)),
  Where: (call) => {
    const shape = broadcast(call.inputs.map((known) => known?.shape));
    const elemType = input(call, 1).elemType ?? input(call, 2).elemType;
    return [{ ...tensorOf(elemType, shape), elements: calculate(call, shape) }];
  },
  Dropout: (call) => [
    input(call, 0),
    tensorOf(call.opset < 10 ? input(call, 0).elemType : TYPE.BOOL, input(call, 0).shape),
  ],
  ...each("Cast BitCast", (call) => [
    { ...sameAsFirst(call)[0], elemType: intAttribute(call.node, "to", undefined) },
  ]),
  CastLike: (call) => [{ ...like(input(call, 0)), elemType: input(call, 1).elemType }],
  Bernoulli: (call) => [
    {
      ...like(input(call, 0)),
      elemType: intAttribute(call.node, "dtype", input(call, 0).elemType),
    },
  ],
};

/** The element type and shape of the first input; elements where they can be calculated. */
export function sameAsFirst(call: Call): [Known] {
  const known = like(input(call, 0));
  return [{ ...known, elements: calculate(call, known.shape) }];
}

/** @param elemType of the result; 0 for that of the inputs. */
function broadcasting(elemType: number): Rule {
  return (call) => {
    const shape = broadcastShape(call);
    return [
      {
        elemType: elemType || call.inputs.find((known) => known?.elemType)?.elemType,
        shape,
        elements: calculate(call, shape),
      },
    ];
  };
}

/** Before opset 7, the second input was fitted to the first along given axes. */
function broadcastShape({ inputs, opset }: Call): Shape | undefined {
  return opset < 7 ? inputs[0]?.shape : broadcast(inputs.map((known) => known?.shape));
}
