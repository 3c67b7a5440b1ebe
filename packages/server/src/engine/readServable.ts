import type { SignatureOverride } from "@longshore/core/manifest";
import { overrideSignature, toServable, type Servable } from "@longshore/onnx/serving";
import { readModelFile } from "./modelFile.ts";

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
