import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fail } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { ModelConfig } from "@longshore/core/modelConfig";
import type { ConfiguredModel } from "@longshore/core/tfserving";
import { CODE_EXTENSIONS, isCodeFile } from "../engine/code/codeFile.ts";
import { codeFingerprint } from "./codeFingerprint.ts";
import { dataFingerprint } from "./dataFingerprint.ts";
import { namedFilesFingerprint } from "./namedFiles.ts";
import { CONFIG_FILE, MANIFEST_FILE, readSettings, type FolderSettings } from "./settings.ts";
import { readModelFolders } from "./versionFolders.ts";

/** One version of a model, as it lies on disk. */
export interface ModelSource {
  readonly name: string;
  readonly version: string;
  /** The `.onnx` file, or the module of a code model; of an ensemble the file that describes it. */
  readonly file: string;
  /** Where `bundle.yaml` or `config.pbtxt`, and what it names, are. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** A configuration that the manifest was read from: it says of tensors what must be so. */
  readonly config?: ModelConfig | undefined;
  /** What in its settings is not acted on, and which folders are no versions of it. */
  readonly notices?: readonly string[];
  /** Differs when the model, its external data or its manifest changed. */
  readonly fingerprint: string;
  /** Whether code in the bundle may run: the operator allows it, or named this very module. */
  readonly codeAllowed: boolean;
}

/** A model's place that could not be read. */
export interface ScanProblem {
  readonly name: string;
  readonly reason: string;
  /** Whether its settings could not be read, so that nothing is known of its versions. */
  readonly unread?: boolean;
}

export interface Scan {
  readonly sources: readonly ModelSource[];
  readonly problems: readonly ScanProblem[];
}

const MODEL = "model.onnx";
const GRAPH_EXTENSION = ".onnx";

/**
 * Finds the models at a path: an `.onnx` file, a module, a bundle folder, a model folder with
 * numeric version folders and perhaps a `config.pbtxt`, or a repository of any of these. A module in a repository is a model only
 * where a manifest says so.
 *
 * Models that cannot be read are problems of the scan, not errors: the others are served.
 *
 * @throws LongshoreError MODEL_INVALID when the path itself does not exist.
 */
export async function scanPath(path: string, allowCode = false): Promise<Scan> {
  const file = resolve(path);
  const kind = await kindOf(file);
  if (kind === undefined)
    throw fail("MODEL_INVALID", { file: path, problem: "there is no such file or folder" });
  const own = await scanEntry(file, [GRAPH_EXTENSION, ...CODE_EXTENSIONS]);
  if (own !== undefined) return withCode(own, allowCode || (kind === "file" && isCodeFile(file)));
  if (kind === "file") {
    const problem = "expected an .onnx file, a module (.ts, .js) or a folder";
    throw fail("MODEL_INVALID", { file: path, problem });
  }
  const names = (await readdir(file)).filter((name) => !name.startsWith(".")).toSorted();
  const scans = await Promise.all(
    names.map((name) => scanEntry(join(file, name), [GRAPH_EXTENSION])),
  );
  return withCode(mergeScans(scans.filter((scan) => scan !== undefined)), allowCode);
}

/** The versions of a model that a model config file names, which goes before the folder's own name. */
export async function scanConfigured(
  { name, basePath, versions }: ConfiguredModel,
  allowCode: boolean,
): Promise<Scan> {
  const folder = resolve(basePath);
  const found = (await kindOf(folder)) === "folder" ? await scanEntry(folder, []) : undefined;
  if (found === undefined) {
    const reason = `there is no version of it in ${folder}`;
    return { sources: [], problems: [{ name, reason }] };
  }
  const sources = found.sources.map((source) => {
    return { ...source, name, manifest: { ...source.manifest, versions } };
  });
  const problems = found.problems.map(({ reason }) => ({ name, reason }));
  return withCode({ sources, problems }, allowCode);
}

function withCode(scan: Scan, codeAllowed: boolean): Scan {
  return { ...scan, sources: scan.sources.map((source) => ({ ...source, codeAllowed })) };
}

/** Puts scans together. */
function mergeScans(scans: readonly Scan[]): Scan {
  return {
    sources: scans.flatMap((scan) => scan.sources),
    problems: scans.flatMap((scan) => scan.problems),
  };
}

/** The model at a path; undefined when there is none, such as in a repository folder. */
async function scanEntry(path: string, extensions: readonly string[]): Promise<Scan | undefined> {
  const kind = await kindOf(path);
  if (kind === "file") return scanFile(path, extensions);
  if (kind !== "folder") return undefined;
  const fallback = basename(path);
  try {
    const { versions, others } = await readModelFolders(path);
    const marks = await Promise.all(MARKS.map((mark) => kindOf(join(path, mark))));
    if (versions.length === 0 && !marks.includes("file")) return undefined;
    const settings = await readSettings(path);
    const { manifest } = settings;
    const files = await filesOf(path, settings, versions);
    const passedOver = versions.length > 0 ? await versionsAmong(others, path, manifest.model) : [];
    const notices = [...settings.notices, ...passedOver];
    return await scanFolder(manifest.name ?? fallback, path, { ...settings, notices }, files);
  } catch (error) {
    const { message: reason } = error as Error;
    return { sources: [], problems: [{ name: fallback, reason, unread: true }] };
  }
}

/** Files that make a folder a model's. */
const MARKS = [MANIFEST_FILE, CONFIG_FILE, MODEL];

/** The file of each version of a model's folder. */
async function filesOf(
  path: string,
  { manifest, file }: FolderSettings,
  versions: readonly string[],
): Promise<[version: string, file: string][]> {
  if (manifest.ensemble !== undefined && file !== undefined) {
    // Other models compute it: what there is of it is what describes it.
    return (versions.length > 0 ? versions : ["1"]).map((version) => [version, file]);
  }
  if (versions.length === 0) return [["1", join(path, manifest.model ?? MODEL)]];
  return Promise.all(
    versions.map(async (version) => [version, await modelIn(join(path, version), manifest.model)]),
  );
}

/** The model of a version folder: the file that the manifest names, else the only `.onnx` file. */
async function modelIn(folder: string, named: string | undefined): Promise<string> {
  const file = join(folder, named ?? MODEL);
  if (named !== undefined || (await kindOf(file)) === "file") return file;
  const graphs = await graphsIn(folder);
  return graphs.length === 1 ? join(folder, graphs[0]!) : file;
}

/** What is said of folders that hold a model as a version does, but are not named like one. */
async function versionsAmong(
  names: readonly string[],
  path: string,
  named: string | undefined,
): Promise<string[]> {
  const notices = names.map(async (name) => {
    const folder = join(path, name);
    if ((await kindOf(await modelIn(folder, named))) !== "file") return [];
    return `${folder}: is no version; the folder of a version has a number for a name, without leading zeros, such as 1 or 20`;
  });
  return (await Promise.all(notices)).flat();
}

/** A single file; with its bundle's manifest when it is the model of the bundle that it lies in. */
async function scanFile(path: string, extensions: readonly string[]): Promise<Scan | undefined> {
  if (!extensions.includes(extname(path))) return undefined;
  const folder = dirname(path);
  const name = basename(path, extname(path));
  if ((await kindOf(join(folder, MANIFEST_FILE))) === "file") {
    try {
      const settings = await readSettings(folder);
      const { manifest } = settings;
      if (join(folder, manifest.model ?? MODEL) === path) {
        return await scanFolder(manifest.name ?? basename(folder), folder, settings, [["1", path]]);
      }
    } catch (error) {
      return { sources: [], problems: [{ name, reason: (error as Error).message }] };
    }
  }
  return scanFolder(name, folder, NO_SETTINGS, [["1", path]]);
}

const NO_SETTINGS: FolderSettings = {
  manifest: {},
  config: undefined,
  notices: [],
  file: undefined,
};

async function scanFolder(
  name: string,
  folder: string,
  { manifest, config, notices, file: settingsFile }: FolderSettings,
  files: readonly (readonly [version: string, file: string])[],
): Promise<Scan> {
  const prints =
    settingsFile === undefined
      ? []
      : [
          fingerprintOf(settingsFile),
          codeFingerprint(folder, manifest),
          namedFilesFingerprint(folder, manifest),
        ];
  const ownPrint = (await Promise.all(prints)).join(" ");
  const sources: ModelSource[] = [];
  const problems: ScanProblem[] = [];
  for (const [version, file] of files) {
    if ((await kindOf(file)) === "file") {
      const modelPrint = await fingerprintOf(file);
      const fingerprint = `${modelPrint} ${await dataFingerprint(file, folder)} ${ownPrint}`;
      const about = { name, version, folder, manifest, config, notices };
      sources.push({ ...about, file, fingerprint, codeAllowed: false });
    } else {
      problems.push({ name, reason: `version ${version}: ${await whyMissing(file)}` });
    }
  }
  return { sources, problems };
}

/** Why there is no model where one is looked for. */
async function whyMissing(file: string): Promise<string> {
  const graphs = await graphsIn(dirname(file));
  const several = graphs.length > 1 ? `, but several others: ${graphs.join(", ")}` : "";
  return `there is no ${file}${several}`;
}

async function graphsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => extname(name) === GRAPH_EXTENSION).toSorted();
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? "file" : found?.isDirectory() ? "folder" : undefined;
}

async function fingerprintOf(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path);
  return `${ino}:${size}:${mtimeMs}`;
}
