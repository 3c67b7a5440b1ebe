import { DATATYPES, type Datatype, type TypedArray } from "./datatype.ts";

/**
 * A dense tensor in row-major order.
 *
 * `data` is, for BYTES, one string an element; for every other type, any view over the raw
 * little-endian elements. The view need not be aligned nor of the matching typed-array class
 * (it may be a slice of a request's body); {@link toTypedArray} gives it in the matching class.
 */
export interface Tensor {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type TensorData = ArrayBufferView | readonly string[];

/** Whether elements are those of BYTES. */
export function isStrings(data: TensorData): data is readonly string[] {
  return Array.isArray(data);
}

/** Tensors by input or output name. */
export type Tensors = ReadonlyMap<string, Tensor>;

/**
 * Number of elements of a shape; 1 for a scalar's `[]`.
 *
 * @returns NaN if a dimension is negative or not an integer, or if the product exceeds 2^53, so
 *   that no comparison with a real count can succeed on an overflow.
 */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  let empty = false;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return Number.NaN;
    // A zero elsewhere must not hide an overflowing product from later arithmetic on rows.
    if (dimension === 0) empty = true;
    else count *= dimension;
    if (count > Number.MAX_SAFE_INTEGER) return Number.NaN;
  }
  return empty ? 0 : count;
}

/** Bytes that the elements of a fixed-width tensor take; NaN as in {@link elementCount}. */
export function byteLength(datatype: Datatype, shape: readonly number[]): number {
  const bytes = elementCount(shape) * DATATYPES[datatype].size;
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : Number.NaN;
}

/** The raw bytes of a fixed-width tensor, without a copy. */
export function toBytes(data: ArrayBufferView): Uint8Array {
  return data instanceof Uint8Array && data.constructor === Uint8Array
    ? data
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * The elements in the typed array of their data type (FP16 and BF16: bit patterns in a
 * Uint16Array). Copies only where the view is not aligned.
 *
 * @throws TypeError for BYTES, whose elements are strings.
 */
export function toTypedArray(datatype: Datatype, data: TensorData): TypedArray {
  const { array, size } = DATATYPES[datatype];
  if (array === undefined || Array.isArray(data))
    throw new TypeError(`${datatype} has no typed array`);
  const view = data as ArrayBufferView;
  if (view.constructor === array) return view as TypedArray;
  if (view.byteOffset % size === 0) {
    return new array(view.buffer, view.byteOffset, view.byteLength / size);
  }
  return new array(toBytes(view).slice().buffer);
}
