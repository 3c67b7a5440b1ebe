import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest } from "@longshore/core/manifest";
import { isCodeFile } from "../engine/code/codeFile.ts";

/** More modules than any bundle has: looking for changes must stay cheap. */
const MOST = 1_000;

/**
 * Differs when a module of a bundle changed; empty for a bundle without code. Which modules a module
 * imports is not known before it runs, so all of the bundle's count, but for installed packages.
 */
export async function codeFingerprint(folder: string, manifest: Manifest): Promise<string> {
  if (!hasCode(manifest)) return "";
  const prints: string[] = [];
  for await (const path of modulesIn(folder)) {
    const found = await stat(path).catch(() => undefined);
    prints.push(`${path}:${found?.size}:${found?.mtimeMs}`);
    if (prints.length === MOST) break;
  }
  return prints.join(" ");
}

async function* modulesIn(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isFile() && isCodeFile(path)) yield path;
    const installed = entry.name === "node_modules" || entry.name.startsWith(".");
    if (entry.isDirectory() && !installed) yield* modulesIn(path);
  }
}

function hasCode({ model, pipeline = {} }: Manifest): boolean {
  const steps = [...(pipeline.before ?? []), ...(pipeline.after ?? [])];
  return (model !== undefined && isCodeFile(model)) || steps.some(({ step }) => step === "custom");
}
