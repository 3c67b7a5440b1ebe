import { dirname } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import { toServable, writeModel } from "@longshore/onnx";
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
  options: Pick<SessionOptions, "path" | "intraOpThreads" | "edited">,
): Promise<InferenceSession> {
  const settings: InferenceSession.SessionOptions = {
    intraOpNumThreads: options.intraOpThreads,
    interOpNumThreads: 1,
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
  if (!options.edited) return ort.InferenceSession.create(options.path, settings);
  const { model } = toServable((await readModelFile(options.path)).model);
  return ort.InferenceSession.create(Buffer.concat(writeModel(model)), settings);
}
