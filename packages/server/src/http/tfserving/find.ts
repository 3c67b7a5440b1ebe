import { fail, LongshoreError } from "@longshore/core";
import { formatServable, type ServableSpec } from "@longshore/core/tfserving";
import type { Registry } from "../../registry/registry.ts";
import type { ServedModel } from "../../registry/servedModel.ts";

/**
 * The version that a call is for.
 *
 * @throws LongshoreError LABEL_UNKNOWN, SERVABLE_UNKNOWN, MODEL_UNREADY.
 */
export function findServable(registry: Registry, spec: ServableSpec): ServedModel {
  const numbered = resolveLabel(registry, spec);
  try {
    return registry.get(numbered.model, numbered.version);
  } catch (error) {
    throw toServableError(registry, numbered, error);
  }
}

/**
 * A label as the version that it stands for.
 *
 * @throws LongshoreError LABEL_UNKNOWN
 */
export function resolveLabel(
  registry: Registry,
  { model, version, label }: ServableSpec,
): ServableSpec {
  if (label === undefined) return { model, ...(version !== undefined && { version }) };
  const labels = registry.labels(model);
  const labelled = labels.get(label);
  if (labelled !== undefined) return { model, version: labelled };
  const available = labels.size === 0 ? "none" : [...labels.keys()].join(", ");
  throw fail("LABEL_UNKNOWN", { model, label, available });
}

/** What is not there, or not loaded, is told as TensorFlow Serving tells it. */
function toServableError(registry: Registry, spec: ServableSpec, error: unknown): unknown {
  if (!(error instanceof LongshoreError)) return error;
  const { code, message } = error;
  if (code === "MODEL_UNKNOWN" || code === "VERSION_UNKNOWN")
    return servableUnknown(registry, spec);
  const loaded = registry.versions(spec.model);
  const isLoaded = spec.version === undefined ? loaded.length > 0 : loaded.includes(spec.version);
  if (code !== "MODEL_UNREADY" || isLoaded) return error;
  return fail("SERVABLE_UNKNOWN", { request: formatServable(spec), hint: `; ${message}` });
}

/** The error for a model, or a version of it, that is not there. */
export function servableUnknown(registry: Registry, spec: ServableSpec): LongshoreError {
  const versions = registry.versions(spec.model);
  const hint = versions.length === 0 ? "" : `; available: ${versions.join(", ")}`;
  return fail("SERVABLE_UNKNOWN", { request: formatServable(spec), hint });
}
