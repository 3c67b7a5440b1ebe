import type { SignatureOverride } from "@longshore/core/manifest";
import type { InferenceSession } from "onnxruntime-node";
import { ort } from "./ort.ts";
import { toOrtOptions, type SessionWishes } from "./sessionSettings.ts";

/**
 * Opens a model in ONNX Runtime. Blocks the thread while it loads and optimises the graph, so it
 * is called in workers and trial processes only.
 *
 * @param options `edited`: whether the graph must be edited on load; `override`: what the bundle says
 *   otherwise of its inputs and outputs.
 * @throws Error with ONNX Runtime's own message when the model cannot be loaded.
 */
export async function openSession(
  options: SessionWishes & {
    readonly edited: boolean;
    readonly override?: SignatureOverride | undefined;
  },
): Promise<InferenceSession> {
  const settings = toOrtOptions(options);
  const { path, edited, override } = options;
  if (!edited && !editsGraph(override)) return ort.InferenceSession.create(path, settings);
  // Loaded for the graphs that need it only: a worker is as small as its models let it be.
  const [{ writeModel }, { readServable }] = await Promise.all([
    import("@longshore/onnx/serving"),
    import("./readServable.ts"),
  ]);
  const { servable } = await readServable(path, override);
  return ort.InferenceSession.create(Buffer.concat(writeModel(servable.model)), settings);
}

/** Whether names or shapes of the graph are others: labels, say, are of no concern here. */
function editsGraph({ inputs = {}, outputs = {} }: SignatureOverride = {}): boolean {
  return [...Object.values(inputs), ...Object.values(outputs)].some(
    ({ name, shape }) => name !== undefined || shape !== undefined,
  );
}
