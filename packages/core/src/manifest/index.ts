/** An entry of its own, `@longshore/core/manifest`: only those who read manifests load zod. */
import { manifestSchema, type Manifest } from "./schema.ts";

export * from "./fields.ts";
export * from "./schema.ts";

/**
 * Checks what was read from a manifest.
 *
 * @returns the manifest, or what is wrong with it, a line a problem: `batching.maxBatchSize:
 *   expected number, received string`.
 */
export function toManifest(value: unknown): { manifest: Manifest } | { problem: string } {
  const result = manifestSchema.safeParse(value ?? {});
  if (result.success) return { manifest: result.data };
  const problems = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return { problem: problems.join("; ") };
}
