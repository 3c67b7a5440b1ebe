import type { ServableSpec, VersionState, VersionStatus } from "@longshore/core/tfserving";
import type { ModelState, Registry } from "../../registry/registry.ts";
import { resolveLabel, servableUnknown } from "./find.ts";

const STATES: Readonly<Record<ModelState, VersionState>> = {
  READY: "AVAILABLE",
  LOADING: "LOADING",
  UNLOADING: "UNLOADING",
  UNAVAILABLE: "END",
};

/**
 * The states of a model's versions, or of the one that is meant.
 *
 * @throws LongshoreError LABEL_UNKNOWN, SERVABLE_UNKNOWN.
 */
export function statesOf(registry: Registry, given: ServableSpec): VersionStatus[] {
  const spec = resolveLabel(registry, given);
  const versions = registry
    .index()
    .filter(({ name, version }) => name === spec.model && version === (spec.version ?? version))
    // A folder that could not be read has no version, which protobuf writes as 0.
    .map(({ version, state, reason }) => ({
      version: version || "0",
      state: STATES[state],
      reason,
    }));
  if (versions.length === 0) throw servableUnknown(registry, spec);
  return versions;
}
