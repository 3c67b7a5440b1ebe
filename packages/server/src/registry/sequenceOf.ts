import type { Signature } from "@longshore/core";
import {
  SequenceProblem,
  toSequenceContract,
  type SequenceContract,
} from "../inference/sequence/contract.ts";
import type { SequenceLimits } from "../inference/sequence/sequences.ts";
import type { ModelSource } from "./scan.ts";
import { toSettingsError } from "./settingsError.ts";

const DEFAULT_MAX_IDLE_MS = 60_000;
const DEFAULT_MAX_SEQUENCES = 1_000;

/**
 * The contract of a bundle's sequences.
 *
 * @param graph signature of the whole graph.
 * @throws LongshoreError MANIFEST_INVALID with the place in `bundle.yaml` or `config.pbtxt`.
 */
export async function openSequenceContract(
  source: ModelSource,
  graph: Signature,
): Promise<SequenceContract> {
  try {
    return toSequenceContract(source.manifest.sequence ?? {}, graph);
  } catch (error) {
    throw error instanceof SequenceProblem ? await toSettingsError(source, error) : error;
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
