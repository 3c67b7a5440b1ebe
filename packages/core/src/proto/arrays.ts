import { toBytes } from "../tensor.ts";
import { expectWire, type Field } from "./message.ts";
import { BYTES, VARINT, type Reader } from "./reader.ts";
import {
  BIT,
  DOUBLE,
  FLOAT,
  INT32,
  INT64,
  UINT32,
  UINT64,
  within,
  type Scalar,
} from "./scalars.ts";

/** Repeated numbers in typed arrays: many of them cost no object each. */

// Attribute values of ONNX, which its proto2 does not pack; tensor data (`packed…`), which are.

/** An attribute's fractions. */
export const floats = (id: number): Field<Float32Array> => array(id, FLOAT, Float32Array, false);
/** An attribute's whole numbers. */
export const int64s = (id: number): Field<BigInt64Array> => array(id, INT64, BigInt64Array, false);
/** A tensor's FP32 elements, and the parts of complex ones. */
export const packedFloats = (id: number): Field<Float32Array> =>
  array(id, FLOAT, Float32Array, true);
/** A tensor's FP64 elements. */
export const packedDoubles = (id: number): Field<Float64Array> =>
  array(id, DOUBLE, Float64Array, true);
/** A tensor's INT32 elements, and those of all narrower types, booleans and FP16 included. */
export const packedInt32s = (id: number): Field<Int32Array> => array(id, INT32, Int32Array, true);
/** A tensor's INT64 elements. */
export const packedInt64s = (id: number): Field<BigInt64Array> =>
  array(id, INT64, BigInt64Array, true);
/** A tensor's UINT32 elements, and those of narrower unsigned types. */
export const packedUint32s = (id: number): Field<Uint32Array> =>
  array(id, UINT32, Uint32Array, true);
/** A tensor's booleans, one byte each. */
export const packedBools = (id: number): Field<Uint8Array> => array(id, BIT, Uint8Array, true);
/** A tensor's UINT32 or UINT64 elements. */
export const packedUint64s = (id: number): Field<BigUint64Array> =>
  array(id, UINT64, BigUint64Array, true);

type NumberArray<T> = {
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  [index: number]: T;
  set(values: NumberArray<T>): void;
  subarray(start: number, end: number): NumberArray<T>;
} & ArrayBufferView;

interface ArrayType<T, A extends NumberArray<T>> {
  new (length: number): A;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

/** Many numbers, in a typed array; read whether packed or not. */
function array<T, A extends NumberArray<T>>(
  id: number,
  scalar: Scalar<T>,
  type: ArrayType<T, A>,
  packed: boolean,
): Field<A> {
  const width = type.BYTES_PER_ELEMENT;

  /** `count` more elements behind those of `current`, at amortised constant cost for each. */
  function extend(reader: Reader, current: A | undefined, count: number): A {
    reader.countNumbers(count);
    const used = current?.length ?? 0;
    const needed = used + count;
    // A view of the file must not be written to; an array of our own may have room to spare.
    const own = current !== undefined && current.buffer !== reader.bytes.buffer;
    if (own && current.buffer.byteLength >= needed * width)
      return new type(current.buffer, 0, needed);
    const capacity = used === 0 ? needed : Math.max(needed, used * 2);
    const grown = new type(new ArrayBuffer(capacity * width), 0, needed);
    if (current !== undefined) grown.set(current);
    return grown;
  }

  function readPacked(reader: Reader, current: A | undefined): A {
    const length = reader.length();
    const start = reader.position;
    const end = start + length;
    if (scalar.wire === VARINT) {
      let count = 0;
      for (let at = start; at < end; at++) if (reader.view.getUint8(at) < 0x80) count++;
      const values = extend(reader, current, count);
      let at = values.length - count;
      within(reader, end, () => (values[at++] = scalar.read(reader)));
      return values;
    }
    if (length % width !== 0) throw reader.invalid(`field ${id} ends inside a number`);
    reader.position = end;
    const { buffer, byteOffset } = reader.bytes;
    const offset = byteOffset + start;
    const count = length / width;
    if (current === undefined && offset % width === 0) return new type(buffer, offset, count);
    const values = extend(reader, current, count);
    toBytes(values).set(reader.bytes.subarray(start, end), (values.length - count) * width);
    return values;
  }

  function readRun(reader: Reader, current: A | undefined): A {
    let values = current;
    do {
      values = extend(reader, values, 1);
      values[values.length - 1] = scalar.read(reader);
    } while (reader.repeatsTag());
    return values;
  }

  return {
    id,
    read(reader, wire, current) {
      if (wire === BYTES) return readPacked(reader, current);
      expectWire(reader, id, wire, scalar.wire);
      return readRun(reader, current);
    },
    write(writer, values) {
      if (packed && values.length > 0) {
        writer.delimited(id, () => {
          if (scalar.wire === VARINT) eachBackwards(values, (value) => scalar.write(writer, value));
          else writer.blob(toBytes(values));
        });
      } else {
        eachBackwards(values, (value) => {
          scalar.write(writer, value);
          writer.tag(id, scalar.wire);
        });
      }
    },
  };
}

function eachBackwards<T>(values: NumberArray<T>, visit: (value: T) => void): void {
  for (let index = values.length - 1; index >= 0; index--) visit(values[index] as T);
}
