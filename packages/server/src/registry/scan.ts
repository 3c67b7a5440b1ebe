import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fail } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";

/** One version of a model, as it lies on disk. */
export interface ModelSource {
  readonly name: string;
  readonly version: string;
  /** The `.onnx` file. */
  readonly file: string;
  /** Where `bundle.yaml` and what it names are. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Differs when the model or its manifest changed. */
  readonly fingerprint: string;
}

/** A model's place that could not be read. */
export interface ScanProblem {
  readonly name: string;
  readonly reason: string;
}

export interface Scan {
  readonly sources: readonly ModelSource[];
  readonly problems: readonly ScanProblem[];
}

const MANIFEST = "bundle.yaml";
const MODEL = "model.onnx";

/**
 * Finds the models at a path: an `.onnx` file, a bundle folder, a model folder with numeric
 * version folders, or a repository of any of these.
 *
 * Models that cannot be read are problems of the scan, not errors: the others are served.
 *
 * @throws LongshoreError MODEL_INVALID when the path itself does not exist.
 */
export async function scanPath(path: string): Promise<Scan> {
  const file = resolve(path);
  const kind = await kindOf(file);
  if (kind === undefined)
    throw fail("MODEL_INVALID", { file: path, problem: "there is no such file or folder" });
  const own = await scanEntry(file);
  if (own !== undefined) return own;
  if (kind === "file") {
    throw fail("MODEL_INVALID", { file: path, problem: "expected an .onnx file or a folder" });
  }
  const names = (await readdir(file)).filter((name) => !name.startsWith(".")).toSorted();
  const scans = await Promise.all(names.map((name) => scanEntry(join(file, name))));
  return mergeScans(scans.filter((scan) => scan !== undefined));
}

/** Puts scans together. */
export function mergeScans(scans: readonly Scan[]): Scan {
  return {
    sources: scans.flatMap((scan) => scan.sources),
    problems: scans.flatMap((scan) => scan.problems),
  };
}

/** The model at a path; undefined when there is none, such as in a repository folder. */
async function scanEntry(path: string): Promise<Scan | undefined> {
  const kind = await kindOf(path);
  if (kind === "file") return scanFile(path);
  if (kind !== "folder") return undefined;
  const manifestFile = join(path, MANIFEST);
  const versions = await versionFolders(path);
  const hasManifest = (await kindOf(manifestFile)) === "file";
  if (versions.length === 0 && !hasManifest && (await kindOf(join(path, MODEL))) !== "file") {
    return undefined;
  }
  const fallback = basename(path);
  try {
    const manifest = hasManifest ? await readManifest(manifestFile) : {};
    const model = manifest.model ?? MODEL;
    const files: [string, string][] =
      versions.length > 0
        ? versions.map((version) => [version, join(path, version, model)])
        : [["1", join(path, model)]];
    return await scanFolder(
      manifest.name ?? fallback,
      path,
      manifest,
      files,
      hasManifest ? manifestFile : undefined,
    );
  } catch (error) {
    return { sources: [], problems: [{ name: fallback, reason: (error as Error).message }] };
  }
}

/** A single file; with its bundle's manifest when it is the model of the bundle that it lies in. */
async function scanFile(path: string): Promise<Scan | undefined> {
  if (extname(path) !== ".onnx") return undefined;
  const folder = dirname(path);
  const name = basename(path, ".onnx");
  const manifestFile = join(folder, MANIFEST);
  if ((await kindOf(manifestFile)) === "file") {
    try {
      const manifest = await readManifest(manifestFile);
      if (join(folder, manifest.model ?? MODEL) === path) {
        const own = manifest.name ?? basename(folder);
        return await scanFolder(own, folder, manifest, [["1", path]], manifestFile);
      }
    } catch (error) {
      return { sources: [], problems: [{ name, reason: (error as Error).message }] };
    }
  }
  return scanFolder(name, folder, {}, [["1", path]], undefined);
}

async function scanFolder(
  name: string,
  folder: string,
  manifest: Manifest,
  files: readonly (readonly [version: string, file: string])[],
  manifestFile: string | undefined,
): Promise<Scan> {
  const ownPrint = manifestFile === undefined ? "" : await fingerprintOf(manifestFile);
  const sources: ModelSource[] = [];
  const problems: ScanProblem[] = [];
  for (const [version, file] of files) {
    if ((await kindOf(file)) === "file") {
      const fingerprint = `${await fingerprintOf(file)} ${ownPrint}`;
      sources.push({ name, version, file, folder, manifest, fingerprint });
    } else {
      problems.push({ name, reason: `version ${version}: there is no ${file}` });
    }
  }
  return { sources, problems };
}

async function readManifest(file: string): Promise<Manifest> {
  // Loaded when first needed: plain .onnx files do without their 12 MB.
  const [{ parse }, { toManifest }] = await Promise.all([
    import("yaml"),
    import("@longshore/core/manifest"),
  ]);
  let value: unknown;
  try {
    value = parse(await readFile(file, "utf8"));
  } catch (error) {
    throw fail("MANIFEST_INVALID", { file, problem: (error as Error).message });
  }
  const read = toManifest(value);
  if ("problem" in read) throw fail("MANIFEST_INVALID", { file, problem: read.problem });
  return read.manifest;
}

/** Version folders are named by a number without leading zeros, as Triton and TF Serving have it. */
async function versionFolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isFile() && /^(0|[1-9]\d{0,15})$/.test(entry.name))
    .map((entry) => entry.name)
    .toSorted((a, b) => Number(a) - Number(b));
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? "file" : found?.isDirectory() ? "folder" : undefined;
}

async function fingerprintOf(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path);
  return `${ino}:${size}:${mtimeMs}`;
}
