import { dirname } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import type { SignatureOverride } from "@longshore/core/manifest";
import { overrideSignature, toServable, writeModel, type Servable } from "@longshore/onnx";
import { readModelFile } from "./modelFile.ts";
import { ort } from "./ort.ts";
import type { SessionOptions } from "./messages.ts";

/**
 * Opens a model in ONNX Runtime. Blocks the thread while it loads and optimises the graph, so it
 * is called in workers and trial processes only.
 *
 * @throws Error with ONNX Runtime's own message when the model cannot be loaded.
 */
export async function openSession(
  options: Pick<SessionOptions, "path" | "intraOpThreads" | "edited" | "override"> & {
    /** Takes half of the memory, and a third more time: for tools that run a model a few times. */
    readonly frugal?: boolean;
  },
): Promise<InferenceSession> {
  const settings: InferenceSession.SessionOptions = {
    intraOpNumThreads: options.intraOpThreads,
    interOpNumThreads: 1,
    // At the basic level, weights are not packed anew for the fastest kernels; without an arena and
    // its patterns, what is computed is freed as soon as nothing needs it.
    ...(options.frugal === true && {
      graphOptimizationLevel: "basic",
      enableCpuMemArena: false,
      enableMemPattern: false,
    }),
    // Fatal only: errors are thrown as well, and reach the log or the caller with their context.
    logSeverityLevel: 4,
    extra: {
      session: {
        // A spinning pool would take cores from the I/O thread and from other models' workers.
        intra_op: { allow_spinning: "0" },
        model_external_initializers_file_folder_path: dirname(options.path),
      },
    },
  };
  const { path, edited, override } = options;
  if (!edited && override === undefined) return ort.InferenceSession.create(path, settings);
  const { servable } = await readServable(path, override);
  return ort.InferenceSession.create(Buffer.concat(writeModel(servable.model)), settings);
}

/**
 * Reads a model file as it is served: under the names of its bundle, every output a tensor.
 *
 * @throws LongshoreError MODEL_INVALID
 */
export async function readServable(
  path: string,
  override: SignatureOverride = {},
): Promise<{ servable: Servable; bytes: number }> {
  const { model, bytes } = await readModelFile(path);
  return { servable: toServable(overrideSignature(model, override, path), path), bytes };
}
