import { expectWire, type Field } from "./message.ts";
import { BYTES, FIXED32, FIXED64, VARINT, type Reader, type WireType } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** One value on the wire, without its tag. */
export interface Scalar<T> {
  readonly wire: WireType;
  readonly read: (reader: Reader) => T;
  readonly write: (writer: Writer, value: T) => void;
}

export const INT32: Scalar<number> = {
  wire: VARINT,
  read: (r) => r.int32(),
  write: (w, v) => w.int(v),
};
export const UINT32: Scalar<number> = {
  wire: VARINT,
  read: (r) => r.int32() >>> 0,
  write: (w, v) => w.uint(v),
};
/** 0 or 1, as a boolean tensor holds it. */
export const BIT: Scalar<number> = {
  wire: VARINT,
  read: (r) => (r.bool() ? 1 : 0),
  write: (w, v) => w.uint(v),
};
const BOOL: Scalar<boolean> = {
  wire: VARINT,
  read: (r) => r.bool(),
  write: (w, v) => w.uint(v ? 1 : 0),
};
const INT: Scalar<number> = { wire: VARINT, read: (r) => r.int(), write: (w, v) => w.int(v) };
export const INT64: Scalar<bigint> = {
  wire: VARINT,
  read: (r) => r.int64(),
  write: (w, v) => w.int64(v),
};
export const UINT64: Scalar<bigint> = {
  wire: VARINT,
  read: (r) => r.uint64(),
  write: (w, v) => w.uint64(v),
};
export const FLOAT: Scalar<number> = {
  wire: FIXED32,
  read: (r) => r.float(),
  write: (w, v) => w.float(v),
};
export const DOUBLE: Scalar<number> = {
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
/** A uint32. */
export const uint32 = (id: number): Field<number> => one(id, UINT32);
/** A uint64 that may hold any value. */
export const uint64 = (id: number): Field<bigint> => one(id, UINT64);
/** True or false. */
export const bool = (id: number): Field<boolean> => one(id, BOOL);
/** A double-precision number. */
export const double = (id: number): Field<number> => one(id, DOUBLE);
/** A single-precision number. */
export const float = (id: number): Field<number> => one(id, FLOAT);
/** A text. */
export const string = (id: number): Field<string> => one(id, STRING);
/** Bytes, as a view of those that were read. */
export const blob = (id: number): Field<Uint8Array> => one(id, BLOB);

/** Any number of {@link int}. */
export const ints = (id: number): Field<number[]> => list(id, INT);
/** Any number of {@link int}, packed as proto3 packs them. */
export const packedInts = (id: number): Field<number[]> => list(id, INT, true);
/** Any number of values of other types, packed as proto3 packs them, in plain arrays. */
export const packed = {
  bool: (id: number): Field<boolean[]> => list(id, BOOL, true),
  float: (id: number): Field<number[]> => list(id, FLOAT, true),
  double: (id: number): Field<number[]> => list(id, DOUBLE, true),
};
/** Any number of texts. */
export const strings = (id: number): Field<string[]> => list(id, STRING);
/** Any number of {@link blob}. */
export const blobs = (id: number): Field<Uint8Array[]> => list(id, BLOB);

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

/** Few values, in a plain array: dims, names. Read whether packed or not. */
function list<T>(id: number, scalar: Scalar<T>, packed: boolean = false): Field<T[]> {
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
      if (packed) {
        if (values.length === 0) return;
        writer.delimited(id, () => {
          for (const value of values.toReversed()) scalar.write(writer, value);
        });
        return;
      }
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

/** Calls `read` until the reader stands at `end`, which nothing read may cross. */
export function within(reader: Reader, end: number, read: () => void): void {
  const outer = reader.end;
  reader.end = end;
  while (reader.position < end) read();
  reader.end = outer;
}
