import type { Infer, Signature } from "@longshore/core";
import { splitRows } from "../inference/splitRows.ts";
import type { ProcessedBundle } from "../processing/bundle.ts";
import type { Decode } from "../processing/predict.ts";
import { decodeTensors } from "../processing/tensors.ts";
import { hasTerms, isOneRow, type PipelineTerms } from "../processing/terms.ts";
import type { ProcessingThreads } from "../processing/threads.ts";
import type { ModelSource } from "./scan.ts";
import { toSettingsError } from "./settingsError.ts";

/** How a model's calls are read and answered. */
export interface OpenedProcessing {
  /** Undefined for a bundle without terms of its own: callers send the model's tensors. */
  readonly terms: PipelineTerms | undefined;
  readonly decode: Decode;
  close(): Promise<void>;
}

/**
 * Opens a bundle's processing, or that of raw tensors where it has none.
 *
 * @throws LongshoreError MANIFEST_INVALID with the place in `bundle.yaml` for what is wrong with a
 *   pipeline; DATA_INVALID, CODE_NOT_ALLOWED and the like for the bundle's files.
 */
export async function openProcessingOf(
  source: ModelSource,
  signature: Signature,
  threads: ProcessingThreads,
): Promise<OpenedProcessing> {
  const { name, version, folder, manifest, codeAllowed: allowCode } = source;
  if (!hasTerms(manifest)) {
    const decode = decodeTensors({ name, version, signature });
    return { terms: undefined, decode, close: async () => undefined };
  }
  const bundle: ProcessedBundle = { name, version, folder, manifest, signature, allowCode };
  const { openProcessing } = await import("../processing/openProcessing.ts");
  try {
    return await openProcessing(bundle, threads);
  } catch (error) {
    const { PipelineProblem } = await import("@longshore/core/pipeline");
    throw error instanceof PipelineProblem ? await toSettingsError(source, error) : error;
  }
}

/**
 * Inference for callers' rows: a graph made for one row at a time is run once a row.
 *
 * @param infer takes what the signature says.
 */
export function inferRows(infer: Infer, signature: Signature, name: string): Infer {
  return isOneRow(signature) ? splitRows(infer, 1, name) : infer;
}
