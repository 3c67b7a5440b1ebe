import { intAttribute, intsAttribute, stringAttribute } from "../graph/attributes.ts";
import { each, input, rankOf, scalar, shapeOf, type Call, type Rules } from "./call.ts";
import { frontAxis, withDim, type Dim, type Shape } from "./dims.ts";
import { like, tensorOf, TYPE } from "./known.ts";

/** Signals, losses, texts and pictures. */
export const miscellaneous: Rules = {
  Det: (call) => [tensorOf(input(call, 0).elemType, shapeOf(call, 0)?.slice(0, -2))],
  DFT: (call) => [tensorOf(input(call, 0).elemType, spectrum(call))],
  STFT: (call) => {
    const [batch, samples] = shapeOf(call, 0) ?? [];
    const step = scalar(call.inputs[1]);
    const length = scalar(call.inputs[3]) ?? shapeOf(call, 2)?.[0];
    const known =
      typeof samples === "number" && typeof step === "number" && typeof length === "number";
    const frames = known ? Math.floor((samples - length) / step) + 1 : undefined;
    const bins = intAttribute(call.node, "onesided", 1) === 1 ? half(length) : length;
    return [tensorOf(input(call, 0).elemType, [batch, frames, bins, 2])];
  },
  ...each("NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss", (call) => {
    const apart = stringAttribute(call.node, "reduction", "mean") === "none";
    const loss = tensorOf(input(call, 0).elemType, apart ? shapeOf(call, 1) : []);
    return [loss, like(input(call, 0))];
  }),
  StringNormalizer: (call) => [
    tensorOf(TYPE.STRING, shapeOf(call, 0)?.slice(0, -1).concat(undefined)),
  ],
  StringSplit: (call) => {
    const shape = shapeOf(call, 0);
    return [tensorOf(TYPE.STRING, shape && [...shape, undefined]), tensorOf(TYPE.INT64, shape)];
  },
  TfIdfVectorizer: (call) => {
    const places = intsAttribute(call.node, "ngram_indexes") ?? [];
    const width = places.reduce((most, place) => Math.max(most, place + 1), 0);
    return [tensorOf(TYPE.FLOAT, shapeOf(call, 0)?.slice(0, -1).concat(width))];
  },
  ImageDecoder: ({ node }) => {
    const grey = stringAttribute(node, "pixel_format", "RGB") === "Grayscale";
    return [tensorOf(TYPE.UINT8, [undefined, undefined, grey ? 1 : 3])];
  },
};

/** Source: ONNX "DFT": the axis is an attribute before opset 20; the last one holds re and im. */
function spectrum(call: Call): Shape | undefined {
  const { node, opset } = call;
  const shape = shapeOf(call, 0);
  const given = call.inputs[2] ? scalar(call.inputs[2]) : -2;
  const axis = opset < 20 ? intAttribute(node, "axis", 1) : given;
  const at = typeof axis === "number" ? frontAxis(axis, rankOf(call, 0) ?? 0) : undefined;
  if (shape === undefined || at === undefined) return undefined;
  const [oneSided, inverse] = ["onesided", "inverse"].map((name) => intAttribute(node, name, 0));
  const length = call.inputs[1] ? scalar(call.inputs[1]) : shape[at];
  if (oneSided !== 1) return withDim(withDim(shape, at, length), shape.length - 1, 2);
  if (inverse !== 1) return withDim(withDim(shape, at, half(length)), shape.length - 1, 2);
  const mirrored = typeof length === "number" ? 2 * (length - 1) : undefined;
  const whole = call.inputs[1] ? length : mirrored;
  return withDim(withDim(shape, at, whole), shape.length - 1, 1);
}

/** The frequencies of a real signal that are not mirrored. */
function half(length: Dim): Dim {
  return typeof length === "number" ? Math.floor(length / 2) + 1 : undefined;
}
