import { basename, dirname, resolve } from "node:path";
import type { ConfiguredModel } from "@longshore/core/tfserving";
import { scanConfigured, scanPath, type ModelSource, type Scan, type ScanProblem } from "./scan.ts";

/** A model's place that could not be read, for the log and for callers. */
export interface FoundProblem extends ScanProblem {
  /** The reason without the server's folders, with which callers have no business. */
  readonly callersReason: string;
}

/** All that lies at some paths. */
export interface FoundSources {
  /** The versions of each model. */
  readonly byName: ReadonlyMap<string, readonly ModelSource[]>;
  readonly problems: readonly FoundProblem[];
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
  const scans = await Promise.all([
    ...paths.map(async (path) => withReasons(await scanPath(path, allowCode), path)),
    ...configured.map(async (model) =>
      withReasons(await scanConfigured(model, allowCode), model.basePath),
    ),
  ]);
  const byName = Map.groupBy(
    scans.flatMap((scan) => scan.sources),
    (source) => source.name,
  );
  const problems = scans.flatMap((scan) => scan.problems);
  for (const [name, sources] of byName) {
    const folders = [...new Set(sources.map((source) => source.folder))];
    if (folders.length === 1) continue;
    const problem = "several models have this name: ";
    problems.push({
      name,
      reason: problem + folders.join(", "),
      callersReason: problem + folders.map((folder) => basename(folder)).join(", "),
    });
    byName.set(
      name,
      sources.filter((source) => source.folder === folders[0]),
    );
  }
  return { byName, problems };
}

/**
 * Gives each problem the reason that callers are told: with paths relative to where models were
 * looked for, or the name of that place itself.
 */
function withReasons(scan: Scan, place: string): Scan & Pick<FoundSources, "problems"> {
  const root = resolve(place);
  const problems = scan.problems.map((problem) => ({
    ...problem,
    callersReason: problem.reason.replaceAll(`${root}/`, "").replaceAll(`${dirname(root)}/`, ""),
  }));
  return { ...scan, problems };
}
