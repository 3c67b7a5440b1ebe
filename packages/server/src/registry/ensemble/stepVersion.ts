import type { EnsembleStep } from "@longshore/core/manifest";

/** The version that a step names, as the registry does; undefined for the one that answers. */
export function versionOf({ version }: Pick<EnsembleStep, "version">): string | undefined {
  return version === undefined ? undefined : String(version);
}
