import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fail, type Signature } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { Pipeline } from "@longshore/core/pipeline";
import { readModelFolders } from "../../registry/versionFolders.ts";
import { CONFIG_FILE } from "../../registry/settings.ts";
import { checkConfig } from "./checkConfig.ts";
import { checkFiles } from "./checkFiles.ts";
import { checkGolden } from "./checkGolden.ts";
import { checkModels } from "./checkModels.ts";
import { checkPipeline } from "./checkPipeline.ts";
import { collectFindings, type Finding } from "./finding.ts";
import { readBundle } from "./readBundle.ts";

/** What a check says of a bundle. */
export interface BundleReport {
  readonly folder: string;
  readonly name: string;
  /** In the order in which they were found: by line within `bundle.yaml`'s own mistakes. */
  readonly findings: readonly Finding[];
  /** Of the newest version; undefined where it cannot be known. */
  readonly signature: Signature | undefined;
  /** Undefined where the bundle has none, or it is wrong. */
  readonly pipeline: Pipeline | undefined;
  readonly manifest: Manifest | undefined;
  /** Files that the bundle names, relative to it. */
  readonly named: readonly string[];
  readonly goldenExamples: number;
}

const MANIFEST = "bundle.yaml";
const MODEL = "model.onnx";

/**
 * Folders of the bundles at a path: the folder itself, the one of a `bundle.yaml` or model file, or
 * the bundles of a repository.
 *
 * @throws LongshoreError MODEL_INVALID where there is none.
 */
export async function findBundles(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw fail("MODEL_INVALID", { file: path, problem: "there is no such file or folder" });
  if (found.isFile()) {
    const folder = resolve(path, "..");
    if (await isBundle(folder)) return [folder];
    const problem = `is in no bundle; \`longshore init\` writes a ${MANIFEST}`;
    throw fail("MODEL_INVALID", { file: path, problem });
  }
  if (await isBundle(path)) return [path];
  const names = (await readdir(path)).filter((name) => !name.startsWith(".")).toSorted();
  const folders: string[] = [];
  for (const name of names) if (await isBundle(join(path, name))) folders.push(join(path, name));
  if (folders.length > 0) return folders;
  throw fail("MODEL_INVALID", { file: path, problem: "there is no bundle in it" });
}

async function isBundle(folder: string): Promise<boolean> {
  for (const name of [MANIFEST, CONFIG_FILE, MODEL])
    if ((await stat(join(folder, name)).catch(() => undefined))?.isFile()) return true;
  return (await stat(folder)).isDirectory() && (await readModelFolders(folder)).versions.length > 0;
}

/**
 * Checks all that can be known of a bundle without running its model: the manifest, the files that
 * it names, graphs, the pipeline from end to end, golden examples, statistics and variants.
 *
 * @param allowCode whether custom steps may be loaded to be checked.
 */
export async function checkBundle(folder: string, allowCode: boolean): Promise<BundleReport> {
  const findings: Finding[] = [];
  const report = (found: Partial<BundleReport>): BundleReport => ({
    folder,
    name: found.manifest?.name ?? basename(resolve(folder)),
    signature: undefined,
    pipeline: undefined,
    manifest: undefined,
    named: [],
    goldenExamples: 0,
    ...found,
    findings,
  });
  const { file, read, config, findings: own } = await readBundle(folder);
  findings.push(...own);
  if (read === undefined) return report({});
  const { manifest } = read;
  const bundle = collectFindings(folder, file, read, findings);
  const named = await checkFiles(bundle);
  const { signature, files: models } = await checkModels(bundle);
  if (config !== undefined && signature !== undefined) checkConfig(bundle, config, signature);
  const { pipeline, files } = await checkPipeline(bundle, signature, allowCode);
  // A config.pbtxt has no place for golden examples: that there are none says nothing.
  const goldenExamples = config === undefined ? await checkGolden(bundle, signature, pipeline) : 0;
  return report({
    manifest,
    signature,
    pipeline,
    goldenExamples,
    named: [...models, ...named, ...files],
  });
}
