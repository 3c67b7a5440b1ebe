import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  tensorAttribute,
} from "../graph/attributes.ts";
import { attributeOf, each, input, scalar, shapeOf, type Call, type Rules } from "./call.ts";
import { quotient, unknownShape, type Shape } from "./dims.ts";
import { smallCount } from "./elements.ts";
import { fromTensor, listOf, tensorOf, TYPE, type Known } from "./known.ts";

/** Operators that make tensors out of attributes, lengths and numbers. */
export const creation: Rules = {
  Constant: (call) => [constant(call)],
  ConstantOfShape: (call) => {
    const lengths = input(call, 0);
    const shape = lengths.elements ?? unknownShape(lengths.shape?.[0]);
    const value = tensorAttribute(call.node, "value");
    const fill = value ? scalar(fromTensor(value)) : 0;
    const count = smallCount(shape);
    const elements = count === undefined ? undefined : Array.from({ length: count }, () => fill);
    return [{ elemType: value?.dataType ?? TYPE.FLOAT, shape, elements }];
  },
  Shape: (call) => {
    const shape = shapeOf(call, 0);
    if (shape === undefined) return [tensorOf(TYPE.INT64, [undefined])];
    const end = intAttribute(call.node, "end", undefined);
    return [listOf(shape.slice(intAttribute(call.node, "start", 0), end))];
  },
  Size: (call) => {
    const shape = shapeOf(call, 0);
    return [{ elemType: TYPE.INT64, shape: [], elements: [shape && quotient(shape)] }];
  },
  Range: (call) => [range(call)],
  EyeLike: (call) => [
    tensorOf(intAttribute(call.node, "dtype", input(call, 0).elemType), shapeOf(call, 0)),
  ],
  ...each("RandomNormal RandomUniform", ({ node }) => [
    tensorOf(intAttribute(node, "dtype", TYPE.FLOAT), intsAttribute(node, "shape")),
  ]),
  ...each("RandomNormalLike RandomUniformLike", (call) => [
    tensorOf(intAttribute(call.node, "dtype", input(call, 0).elemType), shapeOf(call, 0)),
  ]),
  Multinomial: (call) => [
    tensorOf(intAttribute(call.node, "dtype", TYPE.INT32), [
      shapeOf(call, 0)?.[0],
      intAttribute(call.node, "sample_size", 1),
    ]),
  ],
  ...each("BlackmanWindow HammingWindow HannWindow", (call) => [
    tensorOf(intAttribute(call.node, "output_datatype", TYPE.FLOAT), [scalar(input(call, 0))]),
  ]),
  MelWeightMatrix: (call) => {
    const length = scalar(input(call, 1));
    const bins = typeof length === "number" ? Math.floor(length / 2) + 1 : undefined;
    const elemType = intAttribute(call.node, "output_datatype", TYPE.FLOAT);
    return [tensorOf(elemType, [bins, scalar(input(call, 0))])];
  },
  AffineGrid: (call) => {
    const size = input(call, 1);
    const [batch, , ...spatial] = size.elements ?? unknownShape(size.shape?.[0]) ?? [];
    const shape: Shape | undefined =
      spatial.length === 0 ? undefined : [batch, ...spatial, spatial.length];
    return [tensorOf(input(call, 0).elemType, shape)];
  },
};

function constant({ node }: Call): Known {
  const tensor = tensorAttribute(node, "value");
  if (tensor) return fromTensor(tensor);
  const sparse = attributeOf(node, "sparse_value")?.sparseTensor;
  if (sparse) return tensorOf(sparse.values?.dataType, sparse.dims);
  const ints = intsAttribute(node, "value_ints");
  if (ints) return listOf(ints);
  const floats = attributeOf(node, "value_floats")?.floats;
  if (floats) return tensorOf(TYPE.FLOAT, [floats.length]);
  const strings = attributeOf(node, "value_strings")?.strings;
  if (strings) return tensorOf(TYPE.STRING, [strings.length]);
  if (attributeOf(node, "value_string")) return tensorOf(TYPE.STRING, []);
  const whole = intAttribute(node, "value_int", undefined);
  if (whole !== undefined) return { elemType: TYPE.INT64, shape: [], elements: [whole] };
  const fraction = floatAttribute(node, "value_float", undefined);
  if (fraction !== undefined) return { elemType: TYPE.FLOAT, shape: [], elements: [fraction] };
  return {};
}

function range(call: Call): Known {
  const { elemType } = input(call, 0);
  const [start, limit, delta] = [0, 1, 2].map((index) => scalar(input(call, index)));
  if (start === 0 && delta === 1 && typeof limit === "string") return tensorOf(elemType, [limit]);
  if (typeof start !== "number" || typeof limit !== "number" || typeof delta !== "number")
    return tensorOf(elemType, [undefined]);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const elements =
    smallCount([count]) === undefined
      ? undefined
      : Array.from({ length: count }, (_, index) => start + index * delta);
  return { elemType, shape: [count], elements };
}
