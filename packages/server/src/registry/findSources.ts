import type { ConfiguredModel } from "@longshore/core/tfserving";
import {
  mergeScans,
  scanConfigured,
  scanPath,
  type ModelSource,
  type ScanProblem,
} from "./scan.ts";

/** All that lies at some paths. */
export interface FoundSources {
  /** The versions of each model. */
  readonly byName: ReadonlyMap<string, readonly ModelSource[]>;
  readonly problems: readonly ScanProblem[];
}

/**
 * Finds the models at all paths together. Of several models with one name, the first is taken, and
 * that is a problem.
 *
 * @param configured models that a model config file names.
 * @throws LongshoreError MODEL_INVALID when a path does not exist.
 */
export async function findSources(
  paths: readonly string[],
  allowCode: boolean,
  configured: readonly ConfiguredModel[] = [],
): Promise<FoundSources> {
  const scan = mergeScans(
    await Promise.all([
      ...paths.map((path) => scanPath(path, allowCode)),
      ...configured.map((model) => scanConfigured(model, allowCode)),
    ]),
  );
  const byName = Map.groupBy(scan.sources, (source) => source.name);
  const problems = [...scan.problems];
  for (const [name, sources] of byName) {
    const [folder, ...others] = new Set(sources.map((source) => source.folder));
    if (others.length === 0) continue;
    problems.push({
      name,
      reason: `several models have this name: ${[folder, ...others].join(", ")}`,
    });
    byName.set(
      name,
      sources.filter((source) => source.folder === folder),
    );
  }
  return { byName, problems };
}
