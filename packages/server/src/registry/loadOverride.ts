import { dirname, join } from "node:path";
import { fail, LongshoreError, readJson } from "@longshore/core";
import {
  ModelConfigProblem,
  NO_CONFIG,
  readConfigJson,
  type ModelConfig,
} from "@longshore/core/modelConfig";
import type { ModelSource } from "./scan.ts";
import { formatNotices } from "./settings.ts";
import type { Uploads } from "./uploads.ts";

/** What a request to load a model may bring in place of what lies in the repository. */
export interface LoadRequest {
  /** A `ModelConfig` of Triton as JSON. */
  readonly config?: string;
  /** Files of the model by their paths in its folder, such as `1/model.onnx`. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/** A request to load a model, read and written down. */
export interface LoadOverride {
  readonly config: ModelConfig;
  /** Where the files are that it brought; undefined where it brought none. */
  readonly folder: string | undefined;
  readonly versions: readonly string[];
  /** Differs from that of any other request. */
  readonly print: string;
}

const MODEL = "model.onnx";
const MAX_DEPTH = 32;
let count = 0;

/**
 * Reads what a request brought, and writes its files to a folder of their own.
 *
 * @throws LongshoreError MODEL_LOAD_FAILED, with nothing written.
 */
export async function openOverride(
  name: string,
  { config: text, files = new Map() }: LoadRequest,
  uploads: Uploads,
): Promise<LoadOverride> {
  const config = readConfig(name, text);
  const { model = MODEL } = config.manifest;
  const versions = [...new Set([...files.keys()].map((path) => path.split("/", 1)[0]!))];
  const empty = versions.find((version) => !files.has(`${version}/${model}`));
  if (empty !== undefined) {
    const reason = `the files of version ${empty} have no ${empty}/${model}`;
    throw fail("MODEL_LOAD_FAILED", { model: name, reason });
  }
  const folder = files.size > 0 ? await uploads.write(name, files) : undefined;
  count += 1;
  return { config, folder, versions, print: `request ${count}` };
}

/**
 * The versions of a model as a request wants them: its own files, else those in the repository.
 *
 * Its configuration stands in place of a `config.pbtxt` as a whole; sections of a `bundle.yaml` that
 * it does not name stay.
 */
export function overrideSources(
  name: string,
  { config, folder, versions, print }: LoadOverride,
  disk: readonly ModelSource[],
): ModelSource[] {
  const { manifest } = config;
  const about = { config, notices: formatNotices(config, "config") };
  if (folder !== undefined) {
    return versions.map((version) => ({
      name,
      version,
      file: join(folder, version, manifest.model ?? MODEL),
      folder,
      manifest,
      fingerprint: print,
      codeAllowed: false,
      ...about,
    }));
  }
  return disk.map((source) => ({
    ...source,
    ...about,
    file: manifest.model === undefined ? source.file : join(dirname(source.file), manifest.model),
    manifest: source.config === undefined ? { ...source.manifest, ...manifest } : manifest,
    fingerprint: `${source.fingerprint} ${print}`,
  }));
}

function readConfig(name: string, text: string | undefined): ModelConfig {
  if (text === undefined) return NO_CONFIG;
  return explain(name, () =>
    readConfigJson(readJson(new TextEncoder().encode(text), MAX_DEPTH), name),
  );
}

function explain<Result>(model: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const known = error instanceof ModelConfigProblem || error instanceof LongshoreError;
    if (!known) throw error;
    throw fail("MODEL_LOAD_FAILED", { model, reason: `its config: ${error.message}` });
  }
}
