/** ONNX Runtime as the oracle of graph passes. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@longshore/core";
import { readModel, type Model } from "@longshore/onnx";
import { openRunnable, type RunnableOptions } from "../../packages/server/src/engine/runnable.ts";

export { openRunnable };

/** Runs a model once. */
export async function runModel(
  model: Model,
  inputs: Readonly<Record<string, Tensor>>,
  options: RunnableOptions = {},
): Promise<ReadonlyMap<string, Tensor>> {
  const runnable = await openRunnable(model, options);
  try {
    return await runnable.run(new Map(Object.entries(inputs)));
  } finally {
    await runnable.close();
  }
}

/** The graph that ONNX Runtime makes of a model for this machine: what it fused, and what not. */
export async function optimizedByOrt(
  model: Model,
  optimization: NonNullable<RunnableOptions["optimization"]> = "extended",
): Promise<Model> {
  const folder = mkdtempSync(join(tmpdir(), "longshore-ort-"));
  try {
    const path = join(folder, "optimized.onnx");
    await (await openRunnable(model, { optimization, optimizedModelPath: path })).close();
    return readModel(Uint8Array.from(readFileSync(path)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
