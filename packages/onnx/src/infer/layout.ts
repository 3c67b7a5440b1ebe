import { intAttribute, intsAttribute } from "../graph/attributes.ts";
import { input, listArgument, numbers, shapeOf, type Call, type Rules } from "./call.ts";
import { broadcast, frontAxis, lengths, quotient, unknownShape, type Shape } from "./dims.ts";
import { positionOf, rearrange, type Elements } from "./elements.ts";
import { tensorOf, type Known } from "./known.ts";

/** Operators that arrange the same elements in another shape, or repeat them. */
export const layout: Rules = {
  Reshape: (call) => [sameElements(call, reshaped(call))],
  Flatten: (call) => {
    const shape = shapeOf(call, 0);
    if (shape === undefined) return [tensorOf(input(call, 0).elemType, [undefined, undefined])];
    const axis = intAttribute(call.node, "axis", 1);
    const at = axis < 0 ? axis + shape.length : axis;
    return [sameElements(call, [quotient(shape.slice(0, at)), quotient(shape.slice(at))])];
  },
  Squeeze: (call) => [sameElements(call, squeezed(call))],
  Unsqueeze: (call) => [sameElements(call, unsqueezed(call))],
  Transpose: (call) => [transposed(call)],
  Expand: (call) => {
    const wanted = input(call, 1);
    const target = wanted.elements ?? unknownShape(wanted.shape?.[0]);
    return [repeated(call, broadcast([shapeOf(call, 0), target]))];
  },
  Tile: (call) => {
    const repeats = input(call, 1).elements;
    return [
      repeated(
        call,
        shapeOf(call, 0)?.map((dim, axis) => quotient([dim, repeats?.[axis]])),
      ),
    ];
  },
  SpaceToDepth: (call) => {
    const [batch, channels, ...spatial] = shapeOf(call, 0) ?? unknownShape(4)!;
    const block = intAttribute(call.node, "blocksize", 1);
    const shape = [
      batch,
      quotient([channels, block, block]),
      ...spatial.map((dim) => quotient([dim], [block])),
    ];
    return [tensorOf(input(call, 0).elemType, shape)];
  },
  DepthToSpace: (call) => {
    const [batch, channels, ...spatial] = shapeOf(call, 0) ?? unknownShape(4)!;
    const block = intAttribute(call.node, "blocksize", 1);
    const shape = [
      batch,
      quotient([channels], [block, block]),
      ...spatial.map((dim) => quotient([dim, block])),
    ];
    return [tensorOf(input(call, 0).elemType, shape)];
  },
};

/** All elements in the same order under another shape. */
function sameElements(call: Call, shape: Shape | undefined): Known {
  const { elemType, elements } = input(call, 0);
  return { elemType, shape, elements: rearrangeable(elements, shape) };
}

/** Elements stay known only if they fill the new shape. */
function rearrangeable(elements: Elements | undefined, shape: Shape | undefined) {
  const dims = lengths(shape);
  const count = dims?.reduce((product, dim) => product * dim, 1);
  return count === elements?.length ? elements : undefined;
}

/** Source: ONNX "Reshape": 0 copies a dimension, -1 takes what is left. */
function reshaped(call: Call): Shape | undefined {
  const from = shapeOf(call, 0);
  const target = listArgument(call, "shape", 1);
  const wanted = target?.elements;
  if (wanted === undefined) return unknownShape(target?.shape?.[0]);
  const copies = (axis: number): boolean =>
    wanted[axis] === 0 && intAttribute(call.node, "allowzero", 0) === 0;
  const shape = wanted.map((dim, axis) => (copies(axis) ? from?.[axis] : dim));
  const open = shape.flatMap((dim, axis) =>
    dim === -1 || (dim === undefined && !copies(axis)) ? [axis] : [],
  );
  if (open.length !== 1 || from === undefined)
    return shape.map((dim) => (dim === -1 ? undefined : dim));
  // A copied dimension is the same on both sides, even if it is unknown.
  const above = from.filter((_, axis) => !(axis < wanted.length && copies(axis)));
  const below = shape.filter((_, axis) => axis !== open[0] && !copies(axis));
  const rest = quotient(above, below);
  return shape.map((dim, axis) => (axis === open[0] ? rest : dim));
}

function squeezed(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  const list = listArgument(call, "axes", 1);
  if (shape === undefined) return undefined;
  if (list === undefined) {
    // Which axes go depends on lengths that are not known.
    return lengths(shape)?.filter((dim) => dim !== 1);
  }
  const axes = numbers(list);
  if (axes === undefined) {
    const count = list.shape?.[0];
    return typeof count === "number" ? unknownShape(shape.length - count) : undefined;
  }
  const gone = new Set(axes.map((axis) => frontAxis(axis, shape.length)));
  return shape.filter((_, axis) => !gone.has(axis));
}

function unsqueezed(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  const list = listArgument(call, "axes", 1);
  const axes = numbers(list);
  if (shape === undefined) return undefined;
  if (axes === undefined) {
    const count = list?.shape?.[0];
    return typeof count === "number" ? unknownShape(shape.length + count) : undefined;
  }
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => frontAxis(axis, rank)));
  const rest = [...shape];
  return unknownShape(rank)?.map((_, axis) => (added.has(axis) ? 1 : rest.shift()));
}

function transposed(call: Call): Known {
  const { elemType, shape, elements } = input(call, 0);
  const order = intsAttribute(call.node, "perm") ?? shape?.map((_, axis) => axis).toReversed();
  const result = shape ? order?.map((axis) => shape[axis]) : unknownShape(order?.length);
  const dims = lengths(shape);
  if (order === undefined || dims === undefined) return tensorOf(elemType, result);
  const source = (index: readonly number[]): number => {
    const from = dims.map(() => 0);
    for (const [axis, origin] of order.entries()) from[origin] = index[axis] ?? 0;
    return positionOf(from, dims);
  };
  return { elemType, shape: result, elements: rearrange(elements, result, source) };
}

/** The elements over and over, as far as the shape reaches. */
function repeated(call: Call, shape: Shape | undefined): Known {
  const { elemType, shape: from, elements } = input(call, 0);
  const dims = lengths(from);
  const source = (index: readonly number[]): number => {
    const skipped = index.length - (dims?.length ?? 0);
    const wrapped = dims?.map((dim, axis) => (index[axis + skipped] ?? 0) % dim) ?? [];
    return positionOf(wrapped, dims ?? []);
  };
  return { elemType, shape, elements: dims && rearrange(elements, shape, source) };
}
