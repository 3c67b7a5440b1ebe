import { readdir } from "node:fs/promises";

/** The folders in a model's folder. */
export interface ModelFolders {
  /** Names of its versions, ascending. */
  readonly versions: readonly string[];
  /** Names of the others, but for hidden ones. */
  readonly others: readonly string[];
}

/** Version folders are named by a number without leading zeros, as Triton and TF Serving have it. */
export async function readModelFolders(path: string): Promise<ModelFolders> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
  const isVersion = (name: string): boolean => /^(0|[1-9]\d{0,15})$/.test(name);
  return {
    versions: names.filter(isVersion).toSorted((a, b) => Number(a) - Number(b)),
    others: names.filter((name) => !isVersion(name) && !name.startsWith(".")).toSorted(),
  };
}
