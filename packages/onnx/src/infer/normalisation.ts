import { intAttribute } from "../graph/attributes.ts";
import { each, input, shapeOf, type Call, type Rules } from "./call.ts";
import { frontAxis, type Shape } from "./dims.ts";
import { like, tensorOf, TYPE } from "./known.ts";

/** Normalisations that give statistics beside their result. */
export const normalisation: Rules = {
  BatchNormalization: (call) => {
    // The statistics of the batch, then (before opset 14) those of the whole training.
    const statistics = like(input(call, 3));
    return [like(input(call, 0)), statistics, statistics, statistics, statistics];
  },
  ...each("LayerNormalization SimplifiedLayerNormalization", (call) => {
    const statistics = tensorOf(
      intAttribute(call.node, "stash_type", TYPE.FLOAT),
      normalised(shapeOf(call, 0), intAttribute(call.node, "axis", -1)),
    );
    return [like(input(call, 0)), statistics, statistics];
  }),
};

/** Normalisations among ONNX Runtime's own operators (com.microsoft). */
export const contribNormalisation: Rules = each(
  "SkipLayerNormalization SkipSimplifiedLayerNormalization",
  (call: Call) => {
    const result = like(input(call, 0));
    const statistics = tensorOf(TYPE.FLOAT, normalised(result.shape, -1));
    return [result, statistics, statistics, result];
  },
);

/** One place along the axes that are normalised together. */
function normalised(shape: Shape | undefined, axis: number): Shape | undefined {
  const first = shape && frontAxis(axis, shape.length);
  return first === undefined ? undefined : shape?.map((dim, at) => (at < first ? dim : 1));
}
