/** The digits example: a model that was really trained, and images that it was not trained on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensors } from "@longshore/core";
import { readModel, type Model } from "@longshore/onnx";
import { openRunnable } from "./ort.ts";

const folder = join(import.meta.dirname, "../../examples/digits");
const PIXELS = 64;

export function digitsModel(): Model {
  return readModel(Uint8Array.from(readFileSync(join(folder, "model.onnx"))));
}

/** The rows of test.csv: 64 pixels, then the digit. */
export function digitsRows(): number[][] {
  const [, ...lines] = readFileSync(join(folder, "test.csv"), "utf8").trim().split("\n");
  return lines.map((line) => line.split(",").map(Number));
}

export function digitsSample(rows: readonly (readonly number[])[]): Tensors {
  const data = Float32Array.from(rows.flatMap((row) => row.slice(0, PIXELS)));
  return new Map([["pixels", { datatype: "FP32", shape: [rows.length, PIXELS], data }]]);
}

/** The rows in samples of twenty, as often as one asks. */
export function digitsSamples(rows: readonly (readonly number[])[]): AsyncIterable<Tensors> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < rows.length; at += 20) yield digitsSample(rows.slice(at, at + 20));
    },
  };
}

/** How many rows a model reads rightly. */
export async function countRight(
  model: Model,
  rows: readonly (readonly number[])[],
): Promise<number> {
  const runnable = await openRunnable(model);
  try {
    const labels = (await runnable.run(digitsSample(rows))).get("label")!.data as BigInt64Array;
    return rows.filter((row, at) => row[PIXELS] === Number(labels[at])).length;
  } finally {
    await runnable.close();
  }
}
