import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column, Frame } from "@longshore/core/pipeline";
import { sliceFrame } from "./sliceFrame.ts";

test("every kind of column is cut at the same rows", () => {
  const columns: Record<string, Column> = {
    number: { kind: "number", values: Float64Array.of(0, 1, 2, 3) },
    text: { kind: "text", values: ["0", "1", null, "3"] },
    bytes: { kind: "bytes", values: [0, 1, 2, 3].map((byte) => Uint8Array.of(byte)) },
    series: {
      kind: "series",
      values: [0, 1, 2, 3].map((value) => Float32Array.of(value)),
      rates: [10, 11, 12, 13],
    },
    timeless: { kind: "series", values: [0, 1, 2, 3].map((value) => Float32Array.of(value)) },
    json: { kind: "json", values: [{}, [1], [2], [3]] },
    numbers: {
      kind: "tensor",
      tensor: {
        datatype: "INT16",
        shape: [4, 2],
        data: Int16Array.of(0, 0, 10, 11, 20, 21, 30, 31),
      },
    },
    strings: {
      kind: "tensor",
      tensor: { datatype: "BYTES", shape: [4, 1], data: ["0", "1", "2", "3"] },
    },
  };
  const frame: Frame = { rows: 4, columns: new Map(Object.entries(columns)) };
  const part = sliceFrame(frame, 1, 3);
  assert.equal(part.rows, 2);
  assert.deepEqual(Object.fromEntries(part.columns), {
    number: { kind: "number", values: Float64Array.of(1, 2) },
    text: { kind: "text", values: ["1", null] },
    bytes: { kind: "bytes", values: [Uint8Array.of(1), Uint8Array.of(2)] },
    series: {
      kind: "series",
      values: [Float32Array.of(1), Float32Array.of(2)],
      rates: [11, 12],
    },
    timeless: { kind: "series", values: [Float32Array.of(1), Float32Array.of(2)] },
    json: { kind: "json", values: [[1], [2]] },
    numbers: {
      kind: "tensor",
      tensor: {
        datatype: "INT16",
        shape: [2, 2],
        data: new Uint8Array(Int16Array.of(10, 11, 20, 21).buffer),
      },
    },
    strings: { kind: "tensor", tensor: { datatype: "BYTES", shape: [2, 1], data: ["1", "2"] } },
  });
});
