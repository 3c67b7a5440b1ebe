import type { ManifestPath } from "@longshore/core/manifest";
import { findFile } from "../../processing/platform.ts";
import type { CheckedBundle } from "./finding.ts";

/**
 * Whether the files that a manifest names are there, inside the bundle. Models and what steps read
 * are looked at where they are opened.
 *
 * @returns the names of all that are.
 */
export async function checkFiles(bundle: CheckedBundle): Promise<string[]> {
  const { golden, profile, signature } = bundle.read.manifest;
  const named: [ManifestPath, string][] = [];
  if (golden !== undefined) named.push([["golden", "file"], golden.file]);
  if (profile !== undefined) named.push([["profile"], profile]);
  for (const [name, { labels }] of Object.entries(signature?.outputs ?? {}))
    if (typeof labels === "string") named.push([["signature", "outputs", name, "labels"], labels]);
  const there: string[] = [];
  for (const [path, name] of named) {
    try {
      await findFile(bundle.folder, name);
      there.push(name);
    } catch (error) {
      bundle.inManifest("error", { path, message: (error as Error).message });
    }
  }
  return there;
}
