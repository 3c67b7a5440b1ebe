/** ONNX Runtime as the oracle of graph passes. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@longshore/core";
import { joinChunks, readModel, writeModel, type Model, type RunnableModel } from "@longshore/onnx";
import { ort } from "../../packages/server/src/engine/ort.ts";
import { toRunnable } from "../../packages/server/src/engine/runnable.ts";

export interface RunnableOptions {
  /** How far ONNX Runtime optimises the graph; everything by default. */
  readonly optimization?: "disabled" | "basic" | "extended" | "all";
  /** Where ONNX Runtime writes the graph that it made of the model. */
  readonly optimizedModelPath?: string;
}

/**
 * Opens a model that exists in memory only, with one thread a run.
 *
 * @throws Error with ONNX Runtime's own message when the model cannot be loaded.
 */
export async function openRunnable(
  model: Model,
  options: RunnableOptions = {},
): Promise<RunnableModel> {
  const session = await ort.InferenceSession.create(joinChunks(writeModel(model)), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: options.optimization ?? "all",
    logSeverityLevel: 4,
    ...(options.optimizedModelPath !== undefined && {
      optimizedModelFilePath: options.optimizedModelPath,
    }),
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return toRunnable(session);
}

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
