/** A model that was really trained, on data that it was not trained on. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Tensors } from "@longshore/core";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { readModel } from "../../model.ts";
import type { Model } from "../../proto/types.ts";
import { calibrate } from "../calibrate/calibrate.ts";
import { cleanModel } from "../clean/cleanModel.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

const folder = join(import.meta.dirname, "../../../../../examples/digits");

/** The rows of test.csv: 64 pixels, then the digit. */
function readRows(): number[][] {
  const [, ...lines] = readFileSync(join(folder, "test.csv"), "utf8").trim().split("\n");
  return lines.map((line) => line.split(",").map(Number));
}

function toSample(rows: readonly number[][]): Tensors {
  const data = Float32Array.from(rows.flatMap((row) => row.slice(0, 64)));
  return new Map([["pixels", { datatype: "FP32", shape: [rows.length, 64], data }]]);
}

/** How many rows a model reads rightly. */
async function countRight(model: Model, rows: readonly number[][]): Promise<number> {
  const runnable = await openRunnable(model);
  try {
    const outputs = await runnable.run(toSample(rows));
    const labels = outputs.get("label")!.data as BigInt64Array;
    return rows.filter((row, at) => row[64] === Number(labels[at])).length;
  } finally {
    await runnable.close();
  }
}

for (const method of ["minmax", "percentile", "entropy"] as const)
  test(`digits, calibrated by ${method}, lose at most one in 200`, async () => {
    const rows = readRows();
    const file = readModel(Uint8Array.from(readFileSync(join(folder, "model.onnx"))));
    const { model: original } = await cleanModel(file, openRunnable);
    const samples = {
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < 100; at += 20) yield toSample(rows.slice(at, at + 20));
      },
    };
    const ranges = await calibrate(original, samples, openRunnable, { method });
    const { model: quantized, skipped } = quantizeStatic(original, ranges);
    assert.deepEqual(skipped, []);
    const unseen = rows.slice(100);
    const before = await countRight(original, unseen);
    assert.ok(before > 0.9 * unseen.length, `${before} of ${unseen.length}`);
    const after = await countRight(quantized, unseen);
    assert.ok(before - after <= unseen.length / 200, `${before} right before, ${after} after`);
  });
