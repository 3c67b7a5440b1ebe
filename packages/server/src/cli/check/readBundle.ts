import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { formatProblem, readManifest, type ReadManifest } from "@longshore/core/manifest";
import {
  fieldOf,
  ModelConfigProblem,
  readConfigText,
  type ModelConfig,
} from "@longshore/core/modelConfig";
import { CONFIG_FILE, MANIFEST_FILE } from "../../registry/settings.ts";
import type { Finding } from "./finding.ts";

/** The settings of a bundle, or of a model in a repository of Triton. */
export interface ReadBundle {
  /** Where they were read, relative to the bundle. */
  readonly file: string;
  /** Undefined where they are wrong. */
  readonly read: ReadManifest | undefined;
  /** Of a `config.pbtxt`. */
  readonly config: ModelConfig | undefined;
  /** What is wrong with them by themselves, or not acted on. */
  readonly findings: readonly Finding[];
}

/** Reads a bundle's `bundle.yaml`, else its `config.pbtxt`; with neither, its settings are empty. */
export async function readBundle(folder: string): Promise<ReadBundle> {
  const text = await readText(join(folder, MANIFEST_FILE));
  if (text !== undefined) return readYaml(text);
  const config = await readText(join(folder, CONFIG_FILE));
  return config === undefined ? EMPTY : readConfig(config, basename(resolve(folder)));
}

const EMPTY: ReadBundle = {
  file: MANIFEST_FILE,
  read: { manifest: {}, place: (problem) => ({ ...problem, line: 1, column: 1 }) },
  config: undefined,
  findings: [],
};

function readYaml(text: string): ReadBundle {
  const read = readManifest(text);
  if ("manifest" in read) return { ...EMPTY, read };
  const findings = read.problems.map((problem): Finding => {
    const { line, column } = problem;
    const message = formatProblem(problem);
    return { severity: "error", file: MANIFEST_FILE, line, column, message };
  });
  return { ...EMPTY, read: undefined, findings };
}

function readConfig(text: string, name: string): ReadBundle {
  const file = CONFIG_FILE;
  let config: ModelConfig;
  try {
    config = readConfigText(text, name);
  } catch (error) {
    if (!(error instanceof ModelConfigProblem)) throw error;
    const { place, message } = error;
    const finding: Finding = { severity: "error", file, ...place, message };
    return { file, read: undefined, config: undefined, findings: [finding] };
  }
  const findings = config.notices.map(({ where, message, place }): Finding => {
    const words = where === "" ? message : `${where} ${message}`;
    return { severity: "warning", file, ...place, message: words };
  });
  const place: ReadManifest["place"] = (problem) => {
    const field = fieldOf(problem.path, config.declared);
    const at = config.placeOf(field) ?? { line: 1, column: 1 };
    return { ...problem, path: [], message: `${field}: ${problem.message}`, ...at };
  };
  return { file, read: { manifest: config.manifest, place }, config, findings };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
