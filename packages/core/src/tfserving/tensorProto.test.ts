import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DATATYPES, type Datatype } from "../datatype.ts";
import { fail, LongshoreError, type ErrorCode } from "../errors.ts";
import { Reader, Writer } from "../proto/index.ts";
import { toBytes, type Tensor } from "../tensor.ts";
import { checkInputs } from "../validate.ts";
import { TENSORFLOW_TYPES } from "./datatypes.ts";
import { toModel } from "./fixtures.test.ts";
import { TENSOR, type TensorProto } from "./messages/tensor.ts";
import type { RepeatLimits } from "./repeatLimits.ts";
import { readTensor, writeTensor } from "./tensorProto.ts";

const TYPES = Object.keys(DATATYPES) as Datatype[];

const LIMITS: RepeatLimits = { maxElements: 10_000, hold: () => undefined };

/** Over the wire and back. */
function sent(proto: TensorProto): TensorProto {
  const writer = new Writer();
  TENSOR.write(writer, proto);
  const bytes = Uint8Array.from(writer.finish().flatMap((chunk) => [...chunk]));
  const read = TENSOR.create();
  TENSOR.read(new Reader(bytes, (problem) => fail("MESSAGE_INVALID", { problem })), read);
  return read;
}

/** Read and checked as an input of some shape. */
function read(
  proto: TensorProto,
  datatype: Datatype,
  shape: readonly (number | string)[],
  limits = LIMITS,
): Tensor {
  const spec = { name: "x", datatype, shape };
  const tensor = readTensor(sent(proto), spec, limits);
  checkInputs(toModel([spec]), new Map([["x", tensor]]), limits);
  return tensor;
}

function bytesOf({ data }: Tensor): number[] | readonly string[] {
  return Array.isArray(data) ? data : [...toBytes(data as ArrayBufferView)];
}

/** Tensors of every type, with elements of any bits. */
const tensors = fc
  .tuple(fc.constantFrom(...TYPES), fc.array(fc.nat(4), { maxLength: 3 }))
  .chain(([datatype, shape]) => {
    const count = shape.reduce((product, length) => product * length, 1);
    const { array, size } = DATATYPES[datatype];
    const data =
      array === undefined
        ? fc.array(
            fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", "")),
            { minLength: count, maxLength: count },
          )
        : fc
            .uint8Array({ minLength: count * size, maxLength: count * size })
            .map((bytes) => (datatype === "BOOL" ? bytes.map((byte) => byte & 1) : bytes));
    return data.map((elements): Tensor => ({ datatype, shape, data: elements }));
  });

test("tensors of every type come back from the fields of their type as they were", () => {
  fc.assert(
    fc.property(tensors, (tensor) => {
      const { datatype, shape } = tensor;
      const back = read(writeTensor(tensor), datatype, shape);
      assert.deepEqual(back.shape, shape);
      assert.deepEqual(bytesOf(back), bytesOf(tensor));
    }),
    { numRuns: 500 },
  );
});

test("and from their content, which stays a view of the message", () => {
  fc.assert(
    fc.property(tensors, (tensor) => {
      const { datatype, shape, data } = tensor;
      if (datatype === "BYTES") return;
      const content = toBytes(data as ArrayBufferView);
      const proto = {
        ...writeTensor({ ...tensor, data: new Uint8Array(0) }),
        tensor_content: content,
      };
      const message = sent(proto);
      const back = readTensor(message, { name: "x", datatype, shape }, LIMITS);
      assert.deepEqual(bytesOf(back), [...content]);
      if (content.length > 0)
        assert.equal((back.data as Uint8Array).buffer, message.tensor_content?.buffer);
    }),
  );
});

/** What TensorFlow's `FromProtoField` does, as it says it. */
function fill(values: readonly number[], count: number): number[] {
  const all: number[] = [];
  for (let index = 0; index < count; index++)
    all.push(values[index] ?? values[values.length - 1] ?? 0);
  return all;
}

test("a short list stands for all: its last value goes on, and none is zero", () => {
  fc.assert(
    fc.property(
      fc.nat(6),
      fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 6 }),
      (count, values) => {
        fc.pre(values.length <= count);
        let held = 0;
        const limits = { ...LIMITS, hold: (bytes: number) => (held += bytes) };
        const head = { tensor_shape: { dim: [{ size: count }] } };
        const narrow = { ...head, dtype: 6, int_val: Int32Array.from(values) };
        const data = read(narrow, "INT8", ["N"], limits).data as Int8Array;
        assert.deepEqual([...data], fill(values, count));
        assert.equal(held, values.length < count ? count : 0);
        const wide = { ...head, dtype: 9, int64_val: BigInt64Array.from(values, BigInt) };
        const longs = read(wide, "INT64", ["N"]).data as BigInt64Array;
        assert.deepEqual([...longs].map(Number), fill(values, count));
      },
    ),
  );
  const text = { dtype: 7, tensor_shape: { dim: [{ size: 3 }] } };
  assert.deepEqual(read({ ...text, string_val: [Uint8Array.of(97)] }, "BYTES", ["N"]).data, [
    "a",
    "a",
    "a",
  ]);
  assert.deepEqual(read(text, "BYTES", ["N"]).data, ["", "", ""]);
  const scalar = read({ dtype: 10, bool_val: Uint8Array.of(1) }, "BOOL", []);
  assert.deepEqual(scalar, { datatype: "BOOL", shape: [], data: Uint8Array.of(1) });
});

test("strings as tensor_content has them: all lengths, then all bytes", () => {
  const long = "é".repeat(100);
  const proto = (...content: number[]): TensorProto => ({
    dtype: 7,
    tensor_shape: { dim: [{ size: 3 }] },
    tensor_content: Uint8Array.from(content),
  });
  const bytes = [...new TextEncoder().encode(`hi${long}`)];
  assert.deepEqual(read(proto(2, 0, 200, 1, ...bytes), "BYTES", ["N"]).data, ["hi", "", long]);
  for (const content of [
    [2],
    [1, 1, 1, 97, 98],
    [1, 1, 1, 97, 98, 99, 100],
    [255, 255, 255, 255, 255, 1],
    [200, 200],
  ])
    assert.throws(() => read(proto(...content), "BYTES", ["N"]), /does not hold 3 strings/);
});

test("what is wrong is told", () => {
  const dims = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size })) });
  const floats = (...values: number[]) => Float32Array.from(values);
  const cases: readonly [ErrorCode, RegExp, TensorProto, Datatype?][] = [
    ["INPUT_DATATYPE", /"0" is not a data type; .*DT_FLOAT \(1\)/, { dtype: 0 }],
    ["INPUT_DATATYPE", /"101"/, { dtype: 101, tensor_shape: dims(2) }],
    ["INPUT_DATATYPE", /"8"/, { dtype: 8, tensor_shape: dims(2) }],
    ["INPUT_DATATYPE", /"-5"/, { dtype: -5 }],
    ["INPUT_MISMATCH", /expected FP32\[-1\], got FP64\[2\]/, { dtype: 2, tensor_shape: dims(2) }],
    ["INPUT_MISMATCH", /got FP32\[\]/, { dtype: 1 }],
    ["INPUT_MISMATCH", /got FP32\[2,1\]/, { dtype: 1, tensor_shape: dims(2, 1) }],
    ["INPUT_SHAPE", /of unknown rank/, { dtype: 1, tensor_shape: { dim: [], unknown_rank: true } }],
    ["INPUT_SHAPE", /\[-1\]/, { dtype: 1, tensor_shape: dims(-1) }],
    [
      "INPUT_TOO_LARGE",
      /10001 elements are over the limit of 10000/,
      { dtype: 1, tensor_shape: dims(10_001) },
    ],
    ["INPUT_TOO_LARGE", /limit of 10000/, { dtype: 1, tensor_shape: dims(2 ** 53 - 1) }],
    [
      "INPUT_COUNT",
      /needs 2 elements, got 3/,
      { dtype: 1, tensor_shape: dims(2), float_val: floats(1, 2, 3) },
    ],
    [
      "INPUT_COUNT",
      /needs 8 bytes of FP32, got 7/,
      { dtype: 1, tensor_shape: dims(2), tensor_content: new Uint8Array(7) },
    ],
    [
      "INPUT_DATA",
      /it has double_val, but elements of DT_FLOAT go into float_val/,
      { dtype: 1, tensor_shape: dims(1), double_val: Float64Array.of(1) },
    ],
    [
      "INPUT_DATA",
      /float_val beside tensor_content/,
      { dtype: 1, tensor_shape: dims(1), float_val: floats(1), tensor_content: new Uint8Array(4) },
    ],
    [
      "INPUT_DATA",
      /element 1 is not UTF-8/,
      { dtype: 7, tensor_shape: dims(2), string_val: [Uint8Array.of(97), Uint8Array.of(255)] },
      "BYTES",
    ],
    [
      "INPUT_ELEMENT",
      /element 1 is 256; expected an integer from 0 to 255/,
      { dtype: 4, tensor_shape: dims(2), int_val: Int32Array.of(1, 256) },
      "UINT8",
    ],
    [
      "INPUT_ELEMENT",
      /element 0 is -1/,
      { dtype: 19, tensor_shape: dims(1), half_val: Int32Array.of(-1) },
      "FP16",
    ],
    [
      "INPUT_ELEMENT",
      /the byte 2/,
      { dtype: 10, tensor_shape: dims(1), tensor_content: Uint8Array.of(2) },
      "BOOL",
    ],
  ];
  for (const [code, says, proto, datatype = "FP32"] of cases)
    assert.throws(
      () => read(proto, datatype, ["N"]),
      (error) => {
        assert.ok(error instanceof LongshoreError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, says);
        return true;
      },
    );
});

test("what cannot be held is not made", () => {
  const hold = (): never => {
    throw fail("TOO_MANY_BYTES", { limit: 1 });
  };
  const proto = { dtype: 1, tensor_shape: { dim: [{ size: 5 }] }, float_val: Float32Array.of(1) };
  assert.throws(() => read(proto, "FP32", ["N"], { ...LIMITS, hold }), /hold the limit of 1 bytes/);
});

test("every type has TensorFlow's number", () => {
  const numbers = Object.values(TENSORFLOW_TYPES).map(({ number }) => number);
  assert.equal(new Set(numbers).size, TYPES.length);
});
