import { findConflicts } from "@longshore/core";
import type { ModelSource } from "./scan.ts";
import { toSettingsError } from "./settingsError.ts";

/**
 * Refuses settings that do not go together, wherever they came from, section by section.
 *
 * @param hasMemory whether what computes the model keeps state between requests.
 * @throws LongshoreError MANIFEST_INVALID with the first, at its place.
 */
export async function requireNoConflicts(source: ModelSource, hasMemory: boolean): Promise<void> {
  const { manifest } = source;
  const [first] = findConflicts(hasMemory ? { ...manifest, sequence: {} } : manifest);
  if (first !== undefined) throw await toSettingsError(source, first);
}
