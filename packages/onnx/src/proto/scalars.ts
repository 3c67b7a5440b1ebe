import { toBytes } from "@longshore/core";
import { expectWire, type Field } from "./message.ts";
import { BYTES, FIXED32, FIXED64, VARINT, type Reader, type WireType } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** One value on the wire, without its tag. */
interface Scalar<T> {
  readonly wire: WireType;
  readonly read: (reader: Reader) => T;
  readonly write: (writer: Writer, value: T) => void;
}

const INT32: Scalar<number> = { wire: VARINT, read: (r) => r.int32(), write: (w, v) => w.int(v) };
const INT: Scalar<number> = { wire: VARINT, read: (r) => r.int(), write: (w, v) => w.int(v) };
const INT64: Scalar<bigint> = { wire: VARINT, read: (r) => r.int64(), write: (w, v) => w.int64(v) };
const UINT64: Scalar<bigint> = {
  wire: VARINT,
  read: (r) => r.uint64(),
  write: (w, v) => w.uint64(v),
};
const FLOAT: Scalar<number> = {
  wire: FIXED32,
  read: (r) => r.float(),
  write: (w, v) => w.float(v),
};
const DOUBLE: Scalar<number> = {
  wire: FIXED64,
  read: (r) => r.double(),
  write: (w, v) => w.double(v),
};
const STRING: Scalar<string> = {
  wire: BYTES,
  read: (r) => r.string(),
  write: (w, v) => w.string(v),
};
const BLOB: Scalar<Uint8Array> = {
  wire: BYTES,
  read: (r) => r.blob(),
  write: (w, v) => w.bytes(v),
};

/** An int32, or an enum. */
export const int32 = (id: number): Field<number> => one(id, INT32);
/** An int64 whose values are small: a version, a count, an axis. Read as a number. */
export const int = (id: number): Field<number> => one(id, INT);
/** An int64 that may hold any value. */
export const int64 = (id: number): Field<bigint> => one(id, INT64);
/** A single-precision number. */
export const float = (id: number): Field<number> => one(id, FLOAT);
/** A text. */
export const string = (id: number): Field<string> => one(id, STRING);
/** Bytes, as a view of those that were read. */
export const blob = (id: number): Field<Uint8Array> => one(id, BLOB);

/** Any number of {@link int}. */
export const ints = (id: number): Field<number[]> => list(id, INT);
/** Any number of texts. */
export const strings = (id: number): Field<string[]> => list(id, STRING);
/** Any number of {@link blob}. */
export const blobs = (id: number): Field<Uint8Array[]> => list(id, BLOB);

// Attribute values, which onnx.proto does not pack; tensor data (`packed…`), which it does.

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
/** A tensor's UINT32 or UINT64 elements. */
export const packedUint64s = (id: number): Field<BigUint64Array> =>
  array(id, UINT64, BigUint64Array, true);

function one<T>(id: number, scalar: Scalar<T>): Field<T> {
  return {
    id,
    read(reader, wire) {
      expectWire(reader, id, wire, scalar.wire);
      return scalar.read(reader);
    },
    write(writer, value) {
      scalar.write(writer, value);
      writer.tag(id, scalar.wire);
    },
  };
}

/** Few values, in a plain array: dims, names. */
function list<T>(id: number, scalar: Scalar<T>): Field<T[]> {
  return {
    id,
    read(reader, wire, current = []) {
      if (scalar.wire !== BYTES && wire === BYTES) {
        const end = reader.length() + reader.position;
        within(reader, end, () => current.push(readCounted(reader, scalar)));
      } else {
        expectWire(reader, id, wire, scalar.wire);
        current.push(readCounted(reader, scalar));
      }
      return current;
    },
    write(writer, values) {
      for (const value of values.toReversed()) {
        scalar.write(writer, value);
        writer.tag(id, scalar.wire);
      }
    },
  };
}

function readCounted<T>(reader: Reader, scalar: Scalar<T>): T {
  if (scalar.wire !== BYTES) reader.countNumbers(1);
  return scalar.read(reader);
}

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

/** Calls `read` until the reader stands at `end`, which nothing read may cross. */
function within(reader: Reader, end: number, read: () => void): void {
  const outer = reader.end;
  reader.end = end;
  while (reader.position < end) read();
  reader.end = outer;
}

function eachBackwards<T>(values: NumberArray<T>, visit: (value: T) => void): void {
  for (let index = values.length - 1; index >= 0; index--) visit(values[index] as T);
}
