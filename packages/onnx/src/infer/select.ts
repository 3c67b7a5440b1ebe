import { intAttribute } from "../graph/attributes.ts";
import {
  input,
  intArgument,
  listArgument,
  numbers,
  rankOf,
  scalar,
  shapeOf,
  type Call,
  type Rules,
} from "./call.ts";
import { extend, frontAxis, lengths, sum, unify, unknownShape, withDim } from "./dims.ts";
import type { Dim, Shape } from "./dims.ts";
import { positionOf, rearrange, smallCount } from "./elements.ts";
import { tensorOf, TYPE, type Known } from "./known.ts";
import { sliceAlong, sliced } from "./slice.ts";

/** Operators that pick and join parts of tensors. */
export const select: Rules = {
  Concat: (call) => [concatenated(call)],
  Split: split,
  Slice: (call) => [sliced(call)],
  Gather: (call) => [gathered(call)],
  GatherElements: (call) => [tensorOf(input(call, 0).elemType, shapeOf(call, 1))],
  GatherND: (call) => [tensorOf(input(call, 0).elemType, gatheredNd(call))],
  Pad: (call) => [tensorOf(input(call, 0).elemType, padded(call))],
  CenterCropPad: (call) => [tensorOf(input(call, 0).elemType, cropped(call))],
  OneHot: (call) => {
    const shape = shapeOf(call, 0);
    const at = frontAxis(intAttribute(call.node, "axis", -1), (shape?.length ?? 0) + 1);
    const depth = scalar(input(call, 1));
    const hot = at === undefined ? undefined : shape?.toSpliced(at, 0, depth);
    return [tensorOf(input(call, 2).elemType, hot)];
  },
  TopK: (call) => {
    const best = withAxis(call, "axis", -1, intArgument(call, "k", 1));
    return [tensorOf(input(call, 0).elemType, best), tensorOf(TYPE.INT64, best)];
  },
  Compress: (call) => [tensorOf(input(call, 0).elemType, someOf(call))],
  Unique: (call) => {
    const list = tensorOf(TYPE.INT64, [undefined]);
    return [tensorOf(input(call, 0).elemType, someOf(call)), list, list, list];
  },
  NonZero: (call) => [tensorOf(TYPE.INT64, [rankOf(call, 0), undefined])],
  NonMaxSuppression: () => [tensorOf(TYPE.INT64, [undefined, 3])],
};

/** The first input's shape with another dimension along the axis that the node names. */
function withAxis(call: Call, name: string, fallback: number, dim: Dim): Shape | undefined {
  const shape = shapeOf(call, 0);
  const axis = shape && frontAxis(intAttribute(call.node, name, fallback), shape.length);
  return axis === undefined ? undefined : withDim(shape!, axis, dim);
}

/** Some entries along an axis, or, where the node names none, of the flattened tensor. */
function someOf(call: Call): Shape | undefined {
  const axis = intAttribute(call.node, "axis", undefined);
  return axis === undefined ? [undefined] : withAxis(call, "axis", axis, undefined);
}

function concatenated(call: Call): Known {
  const parts = call.inputs.map((known) => known ?? {});
  const elemType = parts.find((part) => part.elemType)?.elemType;
  const some = parts.map((part) => part.shape).reduce(unify, undefined);
  // Before opset 4 the axis could be left out.
  const axis = some && frontAxis(intAttribute(call.node, "axis", 1), some.length);
  if (axis === undefined) return tensorOf(elemType, undefined);
  const shape = withDim(some!, axis, sum(parts.map((part) => part.shape?.[axis])));
  const known = axis === 0 && parts.some((part) => part.elements);
  if (!known || smallCount(shape) === undefined) return tensorOf(elemType, shape);
  const elements = parts.flatMap((part): readonly Dim[] => {
    const count = smallCount(part.shape) ?? 0;
    return part.elements ?? Array.from({ length: count }, () => undefined);
  });
  return { elemType, shape, elements };
}

/** Source: ONNX "Split": as listed, or into equal parts of which the last may be shorter. */
function split(call: Call): Known[] {
  const { node } = call;
  const { elemType, shape, elements } = input(call, 0);
  const axis = shape && frontAxis(intAttribute(node, "axis", 0), shape.length);
  if (shape === undefined || axis === undefined) return node.outputs.map(() => ({ elemType }));
  const list = listArgument(call, "split", 1);
  const length = shape[axis];
  const size = list || typeof length !== "number" ? 0 : Math.ceil(length / node.outputs.length);
  let start = 0;
  return node.outputs.map((_, index): Known => {
    const part = list
      ? list.elements?.[index]
      : quotientPart(length, size, index, node.outputs.length);
    const partShape = withDim(shape, axis, part);
    const steps = new Map([[axis, { start, step: 1 }]]);
    start += typeof part === "number" ? part : Number.NaN;
    return {
      elemType,
      shape: partShape,
      elements: sliceAlong(elements, shape, partShape, steps),
    };
  });
}

function quotientPart(length: Dim, size: number, index: number, parts: number): Dim {
  if (parts === 1 || typeof length !== "number") return parts === 1 ? length : undefined;
  return Math.max(0, Math.min(size, length - index * size));
}

function gathered(call: Call): Known {
  const { elemType, shape, elements } = input(call, 0);
  const indices = input(call, 1);
  if (shape === undefined || indices.shape === undefined) return tensorOf(elemType, undefined);
  const axis = frontAxis(intAttribute(call.node, "axis", 0), shape.length);
  if (axis === undefined) return tensorOf(elemType, undefined);
  const result = shape.toSpliced(axis, 1, ...indices.shape);
  const dims = lengths(shape);
  const indexDims = lengths(indices.shape);
  const picks = numbers(indices);
  if (dims === undefined || indexDims === undefined || picks === undefined)
    return tensorOf(elemType, result);
  const source = (index: readonly number[]): number => {
    const pick = picks[positionOf(index.slice(axis, axis + indexDims.length), indexDims)] ?? 0;
    const at = pick < 0 ? pick + dims[axis]! : pick;
    return positionOf(index.toSpliced(axis, indexDims.length, at), dims);
  };
  return { elemType, shape: result, elements: rearrange(elements, result, source) };
}

function gatheredNd(call: Call): Shape | undefined {
  const [data, indices] = [shapeOf(call, 0), shapeOf(call, 1)];
  const depth = indices?.at(-1);
  if (data === undefined || indices === undefined || typeof depth !== "number") return undefined;
  const batch = intAttribute(call.node, "batch_dims", 0);
  return [...indices.slice(0, -1), ...data.slice(batch + depth)];
}

/** Source: ONNX "Pad": all beginnings, then all ends, of the axes listed or of every axis. */
function padded(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  const list = listArgument(call, "pads", 1);
  const axes = call.inputs[3] ? numbers(call.inputs[3]) : shape?.map((_, axis) => axis);
  if (shape === undefined || axes === undefined) return unknownShape(shape?.length);
  const pads = list?.elements;
  const result = [...shape];
  for (const [position, axis] of axes.entries()) {
    const at = frontAxis(axis, shape.length);
    if (at === undefined) continue;
    const [begin, end] = [pads?.[position], pads?.[position + axes.length]];
    const known = typeof begin === "number" && typeof end === "number";
    result[at] = known ? extend(shape[at], begin + end) : undefined;
  }
  return result;
}

function cropped(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  const axes = listArgument(call, "axes");
  const wanted = input(call, 1).elements;
  if (shape === undefined) return undefined;
  const result = [...shape];
  for (const [position, axis] of (numbers(axes) ?? shape.map((_, index) => index)).entries()) {
    const at = frontAxis(axis, shape.length);
    if (at !== undefined) result[at] = wanted?.[position];
  }
  return result;
}
