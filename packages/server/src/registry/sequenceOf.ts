import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail, type Signature } from "@longshore/core";
import {
  SequenceProblem,
  toSequenceContract,
  type SequenceContract,
} from "../inference/sequence/contract.ts";
import type { SequenceLimits } from "../inference/sequence/sequences.ts";
import { toManifestError } from "./manifestFile.ts";
import type { ModelSource } from "./scan.ts";

const DEFAULT_MAX_IDLE_MS = 60_000;
const DEFAULT_MAX_SEQUENCES = 1_000;

/**
 * The contract of a bundle's sequences.
 *
 * @param graph signature of the whole graph.
 * @throws LongshoreError MANIFEST_INVALID with the place in `bundle.yaml`.
 */
export async function openSequenceContract(
  { folder, manifest }: ModelSource,
  graph: Signature,
): Promise<SequenceContract> {
  try {
    return toSequenceContract(manifest.sequence ?? {}, graph);
  } catch (error) {
    if (!(error instanceof SequenceProblem)) throw error;
    const file = join(folder, "bundle.yaml");
    if (existsSync(file)) throw await toManifestError(file, error);
    // The settings came with a request.
    const problem = `${error.path.join(".")}: ${error.message}`;
    throw fail("MANIFEST_INVALID", { file: "config", problem });
  }
}

/**
 * The limits that a bundle sets, with the defaults that the manifest's reference names.
 *
 * @param maxWaiting requests that may wait for the model.
 */
export function sequenceLimits(
  { name, manifest: { sequence = {} } }: ModelSource,
  batchable: boolean,
  maxWaiting: number,
): SequenceLimits {
  return {
    model: name,
    batchable,
    maxIdleMs: sequence.maxIdleMs ?? DEFAULT_MAX_IDLE_MS,
    maxSequences: sequence.maxSequences ?? DEFAULT_MAX_SEQUENCES,
    maxWaiting,
  };
}
