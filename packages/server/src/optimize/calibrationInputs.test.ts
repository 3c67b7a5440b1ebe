import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tensor } from "@longshore/core";
import { calibrationInputs } from "./calibrationInputs.ts";
import type { Samples } from "./samples.ts";
import { tableBatches } from "./samples/rows.ts";

/** Six rows of three numbers. */
function samplesOf(data: Float32Array | Uint16Array, datatype: "FP32" | "FP16"): Samples {
  const table = new Map<string, Tensor>([["x", { datatype, shape: [6, 3], data }]]);
  return {
    file: "rows.npy",
    count: 6,
    notes: [],
    batches: (rows, size) => tableBatches(table, rows, size, { kind: "free" }),
  };
}

async function read(samples: Samples, rows: readonly number[], size: number): Promise<number> {
  let count = 0;
  for await (const _ of calibrationInputs(samples, rows, size)) count += 1;
  return count;
}

test("rows whose values are all finite pass, whatever others there are", async () => {
  const data = Float32Array.from({ length: 18 }, (_, index) => (index === 4 ? Number.NaN : index));
  const samples = samplesOf(data, "FP32");
  assert.equal(await read(samples, [0, 2, 3, 4, 5], 2), 3);
  for (const size of [1, 2, 6])
    await assert.rejects(read(samples, [5, 3, 1, 0], size), {
      code: "DATA_INVALID",
      message: /^rows\.npy: row 2: input "x" has a value that is not finite/,
    });
});

test("inputs may be gone through twice", async () => {
  const inputs = calibrationInputs(samplesOf(new Float32Array(18), "FP32"), [1, 0, 5], 1);
  for (let round = 0; round < 2; round++) {
    let count = 0;
    for await (const tensors of inputs) count += tensors.get("x")!.shape[0]!;
    assert.equal(count, 3);
  }
});

test("infinity in half precision is found by its bits", async () => {
  const data = new Uint16Array(18).fill(0x3c00);
  data[17] = 0x7c00;
  await assert.rejects(read(samplesOf(data, "FP16"), [0, 5], 8), /row 6: input "x"/);
});
