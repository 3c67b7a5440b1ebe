import type { Manifest, ManifestPath, ManifestProblem } from "@longshore/core/manifest";

/** Sections about how a graph or a module is computed, which an ensemble is not. */
const ELSEWHERE: readonly (readonly [keyof Manifest, ...string[]])[] = [
  ["model"],
  ["variants"],
  ["instances"],
  ["session"],
  ["sequence"],
  ["queue"],
  ["warmup"],
  ["batching", "maxQueueDelayMs"],
  ["batching", "preferredBatchSizes"],
];

/** What a manifest says that would have no effect, as other models compute this one. */
export function checkSections(manifest: Manifest): ManifestProblem[] {
  const sections = ELSEWHERE.filter((path) => isSet(manifest, path)).map((path) =>
    withoutEffect(path, "say it of the models of its steps"),
  );
  return [...sections, ...checkSignature(manifest)];
}

/** Of tensors, only how callers see them is said elsewhere than in the section itself. */
function checkSignature({ signature = {} }: Manifest): ManifestProblem[] {
  return (["inputs", "outputs"] as const).flatMap((kind) =>
    Object.entries(signature[kind] ?? {}).flatMap(([tensor, override]) =>
      (["name", "shape"] as const)
        .filter((key) => override[key] !== undefined)
        .map((key) =>
          withoutEffect(["signature", kind, tensor, key], `say it in ensemble.${kind}`),
        ),
    ),
  );
}

function withoutEffect(path: ManifestPath, suggestion: string): ManifestProblem {
  return { path, atKey: true, message: "has no effect on an ensemble", suggestion };
}

function isSet(value: unknown, path: ManifestPath): boolean {
  let found = value;
  for (const key of path) found = (found as Record<string, unknown> | undefined)?.[key];
  return found !== undefined;
}
