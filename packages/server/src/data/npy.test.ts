import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { LongshoreError, toTypedArray, type Datatype } from "@longshore/core";
import { readNpy } from "./npy.ts";

/** A file written by numpy; see `npy-samples/make.py`. */
function sample(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`npy-samples/${name}.npy`, import.meta.url)));
}

const NUMBERS: readonly (readonly [name: string, Datatype])[] = [
  ["uint8", "UINT8"],
  ["uint16", "UINT16"],
  ["uint32", "UINT32"],
  ["uint64", "UINT64"],
  ["int8", "INT8"],
  ["int16", "INT16"],
  ["int32", "INT32"],
  ["int64", "INT64"],
  ["float32", "FP32"],
  ["float64", "FP64"],
  ["version2", "FP32"],
  ["version3", "FP32"],
];

for (const [name, datatype] of NUMBERS) {
  test(`numpy's ${name} is read as ${datatype}`, () => {
    const tensor = readNpy(sample(name), "data.npy");
    assert.equal(tensor.datatype, datatype);
    assert.deepEqual(tensor.shape, [2, 3]);
    assert.deepEqual(Array.from(toTypedArray(datatype, tensor.data), Number), [0, 1, 2, 3, 4, 5]);
  });
}

test("booleans, half floats, bfloat16 and 64-bit limits keep their bits", () => {
  const read = (name: string, datatype: Datatype): (number | bigint)[] => {
    const tensor = readNpy(sample(name), "data.npy");
    assert.equal(tensor.datatype, datatype);
    return [...toTypedArray(datatype, tensor.data)];
  };
  assert.deepEqual(read("bool", "BOOL"), [0, 1, 1, 1, 1, 1]);
  assert.deepEqual(read("bfloat16", "BF16"), [0, 0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0]);
  assert.deepEqual(read("float16", "FP16"), [0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500]);
  assert.deepEqual(read("int64-limits", "INT64"), [-(2n ** 63n), 2n ** 63n - 1n]);
});

test("text of both kinds is read as BYTES", () => {
  assert.deepEqual(readNpy(sample("unicode"), "data.npy"), {
    datatype: "BYTES",
    shape: [2, 2],
    data: ["a", "日本語", "", "🚢 x"],
  });
  assert.deepEqual(readNpy(sample("bytes"), "data.npy"), {
    datatype: "BYTES",
    shape: [3],
    data: ["ab", "", "é"],
  });
});

test("a scalar has the shape [], an empty array no data", () => {
  const scalar = readNpy(sample("scalar"), "data.npy");
  assert.deepEqual(scalar.shape, []);
  assert.deepEqual([...toTypedArray("FP32", scalar.data)], [1.5]);
  const empty = readNpy(sample("empty"), "data.npy");
  assert.deepEqual(empty.shape, [0, 3]);
  assert.equal((empty.data as Uint8Array).byteLength, 0);
});

const REFUSED: readonly (readonly [what: string, bytes: () => Uint8Array, message: RegExp])[] = [
  ["column-major order", () => sample("fortran"), /ascontiguousarray/],
  ["big-endian numbers", () => sample("big-endian"), /big-endian/],
  ["complex numbers", () => sample("complex"), /'<c8', which no model takes/],
  ["records", () => sample("records"), /named fields/],
  ["pickled objects", () => sample("objects"), /pickled/],
  ["another file", () => new TextEncoder().encode("PK"), /is not an NPY file/],
  [
    "a file cut in its data",
    () => sample("float32").subarray(0, -1),
    /has 23 bytes of data; its shape \(2, 3\) needs 24/,
  ],
  ["a file with trailing bytes", () => Uint8Array.of(...sample("uint8"), 0), /has 7 bytes of data/],
  ["a file cut in its header", () => sample("float32").subarray(0, 60), /ends inside its header/],
  [
    "a file cut in the header's length",
    () => sample("float32").subarray(0, 9),
    /ends inside its header/,
  ],
  ["a version to come", () => sample("float32").with(6, 4), /NPY version 4/],
  ["an impossible shape", () => edited("(2, 3)", "(9007199254740993, 9)"), /impossible shape/],
  ["a header without a shape", () => edited("'shape'", "'shade'"), /without dtype, order or shape/],
  ["text of no width", () => edited("'<f4'", "'<U0'"), /'<U0', which no model takes/],
  ["text that is not Unicode", () => edited("'<f4'", "'<U1'"), /element 1 is not valid UTF-32/],
];

for (const [what, bytes, message] of REFUSED) {
  test(`${what}: refused with the reason`, () => {
    assert.throws(
      () => readNpy(bytes(), "data.npy"),
      (error) =>
        error instanceof LongshoreError &&
        error.code === "DATA_INVALID" &&
        message.test(error.message),
    );
  });
}

/** The FP32 sample with other words in its header, whose length stays (it is padded with spaces). */
function edited(from: string, to: string): Uint8Array {
  const bytes = sample("float32");
  const header = new TextDecoder("latin1").decode(bytes.subarray(10, 128));
  assert.ok(header.includes(from));
  const other = `${header.trimEnd().replace(from, to).padEnd(117)}\n`;
  bytes.set(new TextEncoder().encode(other), 10);
  return bytes;
}
