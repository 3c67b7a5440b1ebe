/** An entry of its own, `@longshore/core/manifest`: only those who read manifests load zod. */
import { formatProblem } from "./problem.ts";
import { checkManifest } from "./read.ts";
import type { Manifest } from "./schema.ts";

export * from "./ensemble.ts";
export * from "./fields.ts";
export * from "./jsonSchema.ts";
export * from "./problem.ts";
export * from "./queue.ts";
export * from "./read.ts";
export * from "./schema.ts";
export * from "./session.ts";
export * from "./warmup.ts";

/**
 * Checks what was read from a manifest by other means than its text.
 *
 * @returns the manifest, or all that is wrong with it in one line: `batching.maxBatchSize: expected
 *   a number, got "many"`.
 */
export function toManifest(value: unknown): { manifest: Manifest } | { problem: string } {
  const checked = checkManifest(value);
  if ("manifest" in checked) return checked;
  return { problem: checked.problems.map(formatProblem).join("; ") };
}
