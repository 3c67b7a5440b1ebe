import { dirname, join, relative, resolve, sep } from "node:path";
import { neededBy } from "./dependencies.ts";
import { withNeeded } from "./order.ts";
import { findSources } from "../findSources.ts";
import { scanPath, type ModelSource } from "../scan.ts";

/** The versions of each model in the repository that a model's folder lies in. */
export async function findSiblings(
  folder: string,
): Promise<ReadonlyMap<string, readonly ModelSource[]>> {
  return (await findSources([dirname(resolve(folder))], false)).byName;
}

/** What has to be served so that a model can be. */
export interface PathsToServe {
  /** The model itself first. */
  readonly paths: readonly string[];
  /** Name of the model, where there are others beside it. */
  readonly name: string | undefined;
}

/**
 * The paths to serve for the one model at a path: itself, and for an ensemble the models beside it
 * that it needs, as far as they are there.
 *
 * @throws LongshoreError MODEL_INVALID when there is no such path.
 */
export async function pathsToServe(path: string): Promise<PathsToServe> {
  const { sources } = await scanPath(path);
  const [first] = sources;
  const isOne = sources.every(({ name }) => name === first?.name);
  if (first?.manifest.ensemble === undefined || !isOne) return { paths: [path], name: undefined };
  const { name, folder } = first;
  const siblings = await findSiblings(folder);
  const needs = (each: string): string[] => {
    const found = each === name ? sources : (siblings.get(each) ?? []);
    return found.flatMap(({ manifest }) => neededBy(manifest));
  };
  const others = [...withNeeded(name, needs)].filter((each) => each !== name);
  const repository = dirname(resolve(folder));
  const places = others.flatMap((each) => {
    const [source] = siblings.get(each) ?? [];
    return source === undefined ? [] : [placeIn(repository, source)];
  });
  return { paths: [path, ...places], name };
}

/** The file or folder directly in a repository that a model is. */
function placeIn(repository: string, { file }: ModelSource): string {
  return join(repository, relative(repository, file).split(sep, 1)[0]!);
}
