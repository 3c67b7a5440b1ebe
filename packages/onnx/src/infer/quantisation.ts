import { intAttribute } from "../graph/attributes.ts";
import { each, input, shapeOf, type Rule, type Rules } from "./call.ts";
import { broadcast } from "./dims.ts";
import { tensorOf, TYPE } from "./known.ts";

/** To integers and back. The zero point's type is the quantised one's. */
export const quantisation: Rules = {
  QuantizeLinear: (call) => {
    const stated = intAttribute(call.node, "output_dtype", 0);
    const elemType = stated || (call.inputs[2] ? call.inputs[2].elemType : TYPE.UINT8);
    return [tensorOf(elemType, shapeOf(call, 0))];
  },
  DequantizeLinear: (call) => {
    const stated = intAttribute(call.node, "output_dtype", 0);
    return [tensorOf(stated || input(call, 1).elemType, shapeOf(call, 0))];
  },
  DynamicQuantizeLinear: (call) => [
    tensorOf(TYPE.UINT8, shapeOf(call, 0)),
    tensorOf(TYPE.FLOAT, []),
    tensorOf(TYPE.UINT8, []),
  ],
};

const same: Rule = (call) => [tensorOf(input(call, 0).elemType, shapeOf(call, 0))];

/** What ONNX Runtime makes of the standard operators between integers. */
export const contribQuantisation: Rules = {
  ...each("QuantizeLinear", quantisation["QuantizeLinear"]!),
  ...each("DequantizeLinear", quantisation["DequantizeLinear"]!),
  ...each("QLinearLeakyRelu QLinearSigmoid QLinearSoftmax", same),
  ...each("QLinearAdd QLinearMul", (call) => [
    tensorOf(input(call, 0).elemType, broadcast([shapeOf(call, 0), shapeOf(call, 3)])),
  ]),
};
