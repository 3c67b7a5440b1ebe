import assert from "node:assert/strict";
import test from "node:test";
import {
  toTypedArray,
  type Datatype,
  type Dimension,
  type Signature,
  type Tensor,
  type Tensors,
} from "@longshore/core";
import { fromArrays } from "./arrays.ts";

function takes(datatype: Datatype, shape: Dimension[]): Signature {
  return { inputs: [{ name: "x", datatype, shape }], outputs: [] };
}

function run(
  signature: Signature,
  array: Tensor,
  limit?: number,
): { tensors: Tensor[]; notes: readonly string[] } {
  const { calls, notes } = fromArrays(new Map([["x", array]]), signature, "m", limit);
  return {
    notes,
    tensors: [...calls].map((call) =>
      "tensors" in call ? (call.tensors as Tensors).get("x")! : assert.fail(),
    ),
  };
}

const values = (tensor: Tensor): number[] =>
  Array.from(toTypedArray(tensor.datatype, tensor.data), Number);

test("an array of the model's type goes as it is", () => {
  const data = new Float32Array([1, 2, 3, 4]);
  const { tensors, notes } = run(takes("FP32", ["N", 2]), {
    datatype: "FP32",
    shape: [2, 2],
    data,
  });
  assert.deepEqual(
    tensors.map((tensor) => [tensor.datatype, tensor.shape, values(tensor)]),
    [["FP32", [2, 2], [1, 2, 3, 4]]],
  );
  assert.equal(toTypedArray("FP32", tensors[0]!.data).buffer, data.buffer);
  assert.deepEqual(notes, []);
});

test("without the axis of rows it is one row", () => {
  const { tensors } = run(takes("FP32", ["N", 2]), {
    datatype: "FP32",
    shape: [2],
    data: new Float32Array([1, 2]),
  });
  assert.deepEqual(tensors[0]!.shape, [1, 2]);
});

test("numbers are converted as JSON's would be, with a note", () => {
  const cases: [Datatype, ArrayBufferView, Datatype, number[]][] = [
    ["FP64", new Float64Array([0.1, -1e300]), "FP32", [Math.fround(0.1), -Infinity]],
    ["FP16", new Uint16Array([0x3c00, 0xc000]), "FP64", [1, -2]],
    ["INT64", new BigInt64Array([1n, -2n]), "FP32", [1, -2]],
    ["INT64", new BigInt64Array([1n, -2n]), "INT8", [1, -2]],
    ["UINT8", new Uint8Array([0, 255]), "INT64", [0, 255]],
  ];
  for (const [from, data, to, expected] of cases) {
    const { tensors, notes } = run(takes(to, ["N"]), { datatype: from, shape: [2], data });
    assert.deepEqual([tensors[0]!.datatype, values(tensors[0]!)], [to, expected]);
    assert.deepEqual(notes, [`input "x": ${from} is converted to ${to}`]);
  }
  const { tensors } = run(takes("FP16", ["N"]), {
    datatype: "FP32",
    shape: [2],
    data: new Float32Array([1, -2]),
  });
  assert.deepEqual(values(tensors[0]!), [0x3c00, 0xc000]);
});

test("what would lose its meaning is refused", () => {
  const refused: [Datatype, Tensor["data"], Datatype, RegExp][] = [
    ["FP32", new Float32Array([1, 2]), "INT64", /input "x": expected INT64, got FP32\[2\]/],
    [
      "INT64",
      new BigInt64Array([0n, 300n]),
      "UINT8",
      /element 1 is 300; expected UINT8, from 0 to 255/,
    ],
    ["INT64", new BigInt64Array([0n, -1n]), "UINT64", /element 1 is -1; expected UINT64/],
    ["BYTES", ["1", "2"], "FP32", /expected FP32, got BYTES/],
    ["BOOL", new Uint8Array([0, 1]), "FP32", /expected FP32, got BOOL/],
  ];
  for (const [from, data, to, message] of refused) {
    assert.throws(() => run(takes(to, ["N"]), { datatype: from, shape: [2], data }), message);
  }
});

test("an input that the model has not is refused with those it has", () => {
  const array: Tensor = { datatype: "FP32", shape: [1], data: new Float32Array(1) };
  assert.throws(() => fromArrays(new Map([["y", array]]), takes("FP32", ["N"]), "m", undefined), {
    message: 'input "y" does not exist; the inputs of "m" are x',
  });
});

test("many rows are several calls, in order, up to the limit", () => {
  const data = Float32Array.from({ length: 2100 * 2 }, (_, index) => index);
  const array: Tensor = { datatype: "FP32", shape: [2100, 2], data };
  const lengths = (limit?: number): (number | undefined)[] =>
    run(takes("FP32", ["N", 2]), array, limit).tensors.map((tensor) => tensor.shape[0]);
  assert.deepEqual(
    [lengths(), lengths(1500), lengths(3), lengths(0)],
    [[1024, 1024, 52], [1024, 476], [3], []],
  );
  assert.deepEqual(run(takes("FP32", ["N", 2]), array).tensors.flatMap(values), [...data]);
});

test("wide rows are fewer a call; text is cut between elements", () => {
  const wide: Tensor = {
    datatype: "FP32",
    shape: [3, 1024 * 1024],
    data: new Float32Array(3 * 1024 * 1024),
  };
  assert.deepEqual(
    run(takes("FP32", ["N", 1024 * 1024]), wide).tensors.map((tensor) => tensor.shape[0]),
    [2, 1],
  );
  const text: Tensor = { datatype: "BYTES", shape: [3, 1], data: ["a", "b", "c"] };
  assert.deepEqual(run(takes("BYTES", ["N", 1]), text, 2).tensors, [
    { datatype: "BYTES", shape: [2, 1], data: ["a", "b"] },
  ]);
});

test("a model without free rows gets everything in one call", () => {
  const array: Tensor = { datatype: "FP32", shape: [3, 2], data: new Float32Array(6) };
  assert.deepEqual(
    run(takes("FP32", [1, 2]), array).tensors.map((tensor) => tensor.shape),
    [[3, 2]],
  );
});
