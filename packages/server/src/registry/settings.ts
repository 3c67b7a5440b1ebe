import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fail, type LongshoreError } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import { ModelConfigProblem, readConfigText, type ModelConfig } from "@longshore/core/modelConfig";
import { readManifestFile } from "./manifestFile.ts";

/** The file with the settings of a bundle. */
export const MANIFEST_FILE = "bundle.yaml";
/** The file with the settings of a model in a repository of Triton. */
export const CONFIG_FILE = "config.pbtxt";

/** Longer texts are no configurations; they would only keep the parser busy. */
const MAX_CONFIG_BYTES = 2 ** 20;

/** What lies beside a model about how it is served. */
export interface FolderSettings {
  readonly manifest: Manifest;
  /** The configuration that {@link manifest} was read from; undefined where it was none. */
  readonly config: ModelConfig | undefined;
  /** What in it is not acted on, each with its place. */
  readonly notices: readonly string[];
  /** Where all this was read; undefined where there is nothing. */
  readonly file: string | undefined;
}

/**
 * Reads the settings of a model's folder: its `bundle.yaml`, else its `config.pbtxt`, else none.
 *
 * @throws LongshoreError MANIFEST_INVALID with file, line and column.
 */
export async function readSettings(folder: string): Promise<FolderSettings> {
  const manifestFile = join(folder, MANIFEST_FILE);
  const configFile = join(folder, CONFIG_FILE);
  const hasConfig = await isFile(configFile);
  if (await isFile(manifestFile)) {
    const manifest = await readManifestFile(manifestFile);
    const notices = hasConfig ? [`${configFile}: is not read, as there is a ${MANIFEST_FILE}`] : [];
    return { manifest, config: undefined, notices, file: manifestFile };
  }
  if (!hasConfig) return { manifest: {}, config: undefined, notices: [], file: undefined };
  const config = await readConfigFile(configFile, basename(folder));
  const notices = formatNotices(config, configFile);
  return { manifest: config.manifest, config, notices, file: configFile };
}

/**
 * What in a configuration is not acted on, in words with its places.
 *
 * @param file where it was read; what messages call it where it has no lines.
 */
export function formatNotices({ notices }: ModelConfig, file: string): string[] {
  return notices.map(({ where, message, place }) => {
    const at = place === undefined ? file : `${file}:${place.line}:${place.column}`;
    return `${at}: ${where === "" ? "" : `${where} `}${message}`;
  });
}

/** The error for something that is wrong with a `config.pbtxt`. */
export function toConfigError(file: string, problem: ModelConfigProblem): LongshoreError {
  const { place = { line: 1, column: 1 }, message } = problem;
  return fail("MANIFEST_INVALID", {
    file: `${file}:${place.line}:${place.column}`,
    problem: message,
  });
}

async function readConfigFile(file: string, model: string): Promise<ModelConfig> {
  const { size } = await stat(file);
  if (size > MAX_CONFIG_BYTES) {
    const problem = `${size} bytes are more than a configuration needs`;
    throw fail("MANIFEST_INVALID", { file, problem });
  }
  try {
    return readConfigText(await readFile(file, "utf8"), model);
  } catch (error) {
    throw error instanceof ModelConfigProblem ? toConfigError(file, error) : error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
