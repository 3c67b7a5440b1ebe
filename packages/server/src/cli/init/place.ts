import { copyFile, mkdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fail } from "@longshore/core";

const SCHEMA = "node_modules/@longshore/core/schema/bundle.schema.json";

/**
 * Where an editor finds the JSON Schema from a bundle's folder: in the installed package, the nearest
 * upwards, as Node looks for packages. Undefined where there is none: a path that leads nowhere would
 * only make editors complain.
 */
export async function findSchema(folder: string): Promise<string | undefined> {
  const from = resolve(folder);
  for (let above = from; ; above = dirname(above)) {
    const file = join(above, SCHEMA);
    if (await exists(file)) return toUrlPath(relative(from, file));
    if (dirname(above) === above) return undefined;
  }
}

function toUrlPath(path: string): string {
  const slashes = path.split(sep).join("/");
  return slashes.startsWith(".") ? slashes : `./${slashes}`;
}

/**
 * Writes the files of a bundle into its folder, and copies others to it that lie elsewhere.
 *
 * @param texts by file name.
 * @throws LongshoreError DATA_INVALID for what is there already, unless it may be overwritten.
 */
export async function placeBundle(
  folder: string,
  texts: ReadonlyMap<string, string>,
  files: readonly string[],
  overwrite: boolean,
): Promise<void> {
  const copies = files
    .map((file) => ({ from: resolve(file), to: resolve(folder, basename(file)) }))
    .filter(({ from, to }) => from !== to);
  const written = [...texts.keys()].map((name) => join(folder, name));
  for (const file of [...written, ...copies.map(({ to }) => to)])
    if (!overwrite && (await exists(file)))
      throw fail("DATA_INVALID", { file, problem: "exists; overwrite it with --force" });
  await mkdir(folder, { recursive: true });
  for (const { from, to } of copies) await copyFile(from, to);
  for (const [name, text] of texts) await writeFile(join(folder, name), text);
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
