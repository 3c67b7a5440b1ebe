import assert from "node:assert/strict";
import { test } from "node:test";
import type { TensorSpec } from "@longshore/core";
import { bindSymbols, readOutput } from "./outputs.ts";

const symbols = bindSymbols(
  [
    { name: "a", datatype: "FP32", shape: ["N", 3] },
    { name: "b", datatype: "FP32", shape: ["N", "L", "?"] },
  ],
  [
    [2, 3],
    [2, 4, 9],
  ],
);

function read(
  shape: TensorSpec["shape"],
  value: unknown,
  datatype: TensorSpec["datatype"] = "FP32",
) {
  return readOutput({ name: "y", datatype, shape }, value, symbols);
}

test("elements lie as the declared shape and the inputs' symbols say", () => {
  assert.deepEqual(
    [...symbols],
    [
      ["N", 2],
      ["L", 4],
    ],
  );
  assert.deepEqual(read(["N"], Float32Array.of(1, 2)).dims, [2]);
  assert.deepEqual(read(["N", "L"], new Float32Array(8)).dims, [2, 4]);
  assert.deepEqual(read(["N", "K"], new Float32Array(10)).dims, [2, 5], "the one open axis");
  assert.deepEqual(read(["K"], new Float32Array(0)).dims, [0]);
  assert.deepEqual(read([], Float32Array.of(1)).dims, []);
  assert.deepEqual(read(["N"], ["a", "b"], "BYTES"), { dims: [2], data: ["a", "b"] });
  const tensor = { shape: [2, 1, 3], data: new Float32Array(6) };
  assert.deepEqual(read(["N", "J", "K"], tensor).dims, [2, 1, 3]);
});

test("what the module keeps is not what is handed over", () => {
  const kept = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const { data } = read(["N"], kept);
  assert.deepEqual(data, Float32Array.of(2, 3));
  assert.notEqual((data as Float32Array).buffer, kept.buffer);
  const bytes = Buffer.from([7, 8]);
  const copy = read(["N"], bytes, "UINT8").data as Uint8Array;
  assert.deepEqual([...copy], [7, 8]);
  assert.notEqual(copy.buffer, bytes.buffer, "a slice of a Buffer would be a view");
  const shared = new Float32Array(new SharedArrayBuffer(8));
  assert.ok((read(["N"], shared).data as Float32Array).buffer instanceof ArrayBuffer);
});

/** Wrong outputs, with what is said of them. */
const WRONG: readonly [shape: TensorSpec["shape"], value: unknown, told: RegExp, type?: "BYTES"][] =
  [
    [["N"], undefined, /predict gave no output "y" FP32\[-1\]/],
    [["N"], null, /output "y" is object; expected Float32Array or \{ shape, data \}/],
    [["N"], 3, /output "y" is number/],
    [["N"], {}, /output "y" is object/],
    [["N"], [1, 2], /output "y" is Array; expected Float32Array as its data type is FP32/],
    [["N"], new Float64Array(2), /is Float64Array; expected Float32Array/],
    [["N"], { data: 3 }, /output "y" is 3; expected Float32Array/],
    [["N"], new Float32Array(3), /has 3 elements; FP32\[2\] needs 2/],
    [["N", 3], new Float32Array(2), /has 2 elements; FP32\[2,3\] needs 6/],
    [["N", "K"], new Float32Array(3), /has 3 elements, which is no multiple of 2/],
    [["N", "J", "K"], new Float32Array(8), /axes J, K of output "y" are open/],
    [["N"], { shape: [3], data: new Float32Array(3) }, /the shape \[3\]; expected FP32\[2\]/],
    [["N", "K"], { shape: [2], data: new Float32Array(2) }, /shape \[2\]; expected FP32\[2,-1\]/],
    [["N"], { shape: [2], data: new Float32Array(5) }, /has 5 elements; its shape \[2\] needs 2/],
    [["N"], { shape: "2", data: new Float32Array(2) }, /shape of output "y" is not a list/],
    [["N", "K"], { shape: [2, -1], data: new Float32Array(2) }, /needs NaN|not a list/],
    [["N"], new Float32Array(2), /is Float32Array; expected texts/, "BYTES"],
    [["N"], ["a", 1], /element 1 is number, not a text/, "BYTES"],
  ];

for (const [index, [shape, value, told, datatype]] of WRONG.entries()) {
  test(`wrong output ${index} is told: ${told.source}`, () => {
    assert.throws(() => read(shape, value, datatype), told);
  });
}
