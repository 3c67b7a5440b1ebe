import { elementCount } from "@longshore/core";
import { elementType } from "../elementType.ts";
import { elementsOf, floatsOf } from "../graph/tensorData.ts";
import type { TensorProto } from "../proto/types.ts";
import { lengths, type Dim, type Shape } from "./dims.ts";

/**
 * Elements of a small tensor: numbers (booleans as 0 and 1), symbols that stand for lengths (so
 * never negative), undefined where one is not known.
 */
export type Elements = readonly Dim[];

/** Shapes, pads, scales and axes are far shorter; weights are not worth looking at. */
const MAX_ELEMENTS = 256;

/** Elements in a tensor of this shape; undefined if that is not known or too many to follow. */
export function smallCount(shape: Shape | undefined): number | undefined {
  const dims = lengths(shape);
  const count = dims && elementCount(dims);
  return count !== undefined && count <= MAX_ELEMENTS ? count : undefined;
}

/** A constant's elements; undefined if there are too many, or they are not numbers. */
export function constantElements(tensor: TensorProto): Elements | undefined {
  const count = smallCount(tensor.dims);
  const datatype = elementType(tensor.dataType)?.datatype;
  if (count === undefined || datatype === undefined || datatype === "BYTES") return undefined;
  // Data in another file that nobody has loaded, or that do not fill the dims.
  if (tensor.dataLocation === 1) return undefined;
  if (
    tensor.rawData &&
    tensor.rawData.byteLength * 8 !== count * elementType(tensor.dataType)!.bits
  )
    return undefined;
  const half = datatype === "FP16" || datatype === "BF16";
  const elements = Array.from<number | bigint, number>(
    half ? floatsOf(tensor) : elementsOf(tensor),
    Number,
  );
  return elements.length === count ? elements : undefined;
}

/**
 * Elements of a tensor whose elements each come from one place of another.
 *
 * @param shape of the result.
 * @param source the position in `elements` of what stands at an index of the result.
 */
export function rearrange(
  elements: Elements | undefined,
  shape: Shape | undefined,
  source: (index: readonly number[]) => number,
): Elements | undefined {
  const dims = lengths(shape);
  const count = smallCount(shape);
  if (elements === undefined || dims === undefined || count === undefined) return undefined;
  return Array.from({ length: count }, (_, position) => elements[source(indexAt(position, dims))]);
}

/** The index along each axis of a position in row-major order. */
export function indexAt(position: number, dims: readonly number[]): number[] {
  const index: number[] = [];
  let rest = position;
  for (const dim of dims.toReversed()) {
    index.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return index;
}

/** The position in row-major order of an index; axes of length 1 are broadcast. */
export function positionOf(index: readonly number[], dims: readonly number[]): number {
  const skipped = index.length - dims.length;
  return dims.reduce(
    (position, dim, axis) => position * dim + (dim === 1 ? 0 : (index[axis + skipped] ?? 0)),
    0,
  );
}
