import { readFileSync } from "node:fs";
import { build } from "esbuild";

/**
 * Writes a package's entries for Node as few files, which share what they have in common: a server
 * is several processes and threads, and to find, read and compile a file for each module is a quarter
 * of what each of them takes to start. Other packages stay outside, so that a class is the same
 * whoever imports it.
 *
 * Entries are the targets of `exports` and `imports` in package.json that lie in `dist/node`.
 */
export async function bundleForNode(folder) {
  const { exports, imports } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const entries = Object.values({ ...exports, ...imports }).flatMap((target) => {
    const built = target.node ?? target.default;
    return built?.startsWith("./dist/node/")
      ? [[built.slice("./dist/node/".length, -".js".length), target["longshore-source"]]]
      : [];
  });
  await build({
    absWorkingDir: folder,
    entryPoints: Object.fromEntries(entries),
    outdir: "dist/node",
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node24",
    logLevel: "warning",
  });
}
