import type { JsonValue } from "../json/value.ts";
import { findConflicts } from "../manifest/conflicts.ts";
import type { ManifestPath } from "../manifest/problem.ts";
import type { Manifest } from "../manifest/schema.ts";
import type { Place } from "../textproto/index.ts";
import { readDynamicBatching } from "./batching.ts";
import { readEnsemble } from "./ensemble.ts";
import { readJsonMessage } from "./fromJson.ts";
import { readText } from "./fromText.ts";
import { readInstances, readModelFile, readVersions, requireRuntime } from "./model.ts";
import { MODEL_CONFIG, type TritonConfig } from "./messages.ts";
import { findIneffective, type ConfigNotice } from "./notices.ts";
import { placeOf } from "./paths.ts";
import { ModelConfigProblem, problem } from "./problem.ts";
import { readSequenceBatching } from "./sequence.ts";
import { readSession } from "./session.ts";
import { readTensors, type DeclaredTensors } from "./tensors.ts";
import { readWarmup } from "./warmup.ts";

/** What a `ModelConfig` of Triton asks for, in the terms of `bundle.yaml`. */
export interface ModelConfig {
  readonly manifest: ConfigManifest;
  /** What it says of inputs and outputs, which must be so. */
  readonly declared: DeclaredTensors;
  /** As it was written. */
  readonly given: TritonConfig;
  /** What is written and has no effect. */
  readonly notices: readonly ConfigNotice[];
  /** Whether it was read from text, so that there are places. */
  readonly isText: boolean;
  /** Where something of {@link given} stands, or what it is part of. */
  placeOf(where: string): Place | undefined;
}

/** The sections of a manifest that a configuration stands in place of. */
export type ConfigManifest = Pick<
  Manifest,
  | "model"
  | "signature"
  | "versions"
  | "batching"
  | "instances"
  | "session"
  | "queue"
  | "sequence"
  | "ensemble"
  | "cache"
  | "warmup"
>;

/**
 * Reads the text of a `config.pbtxt`.
 *
 * @param model the name that it is for.
 * @throws ModelConfigProblem with the place. Fields that no table knows are notices.
 */
export function readConfigText(text: string, model: string): ModelConfig {
  const { value, places, unknown } = readText(text, MODEL_CONFIG);
  try {
    const config = toModelConfig(value, model, (where) => placeOf(places, where));
    const notices = unknown.map((field): ConfigNotice => ({ where: "", ...field }));
    return { ...config, notices: [...notices, ...config.notices].toSorted(byPlace), isText: true };
  } catch (error) {
    if (!(error instanceof ModelConfigProblem) || error.place !== undefined) throw error;
    throw error.withPlace(placeOf(places, error.where) ?? { line: 1, column: 1 });
  }
}

/**
 * Reads a configuration in protobuf's JSON.
 *
 * @param model the name that it is for.
 * @throws ModelConfigProblem
 */
export function readConfigJson(config: JsonValue, model: string): ModelConfig {
  const value = readJsonMessage(config, MODEL_CONFIG, "the configuration");
  return toModelConfig(value, model, () => undefined);
}

/** What says nothing. */
export const NO_CONFIG: ModelConfig = {
  manifest: {},
  declared: { inputs: [], outputs: [], hasBatchAxis: undefined },
  given: {},
  notices: [],
  isText: false,
  placeOf: () => undefined,
};

/**
 * A `max_batch_size` above 0 is an upper bound: whether rows may share a run is still proven on
 * loading.
 */
function toModelConfig(
  given: TritonConfig,
  model: string,
  place: ModelConfig["placeOf"],
): ModelConfig {
  const notices = findIneffective(given, MODEL_CONFIG);
  const note = (where: string, message: string): void => void notices.push({ where, message });
  if (given.name && given.name !== model) throw problem("name", `"${model}"`, given.name);
  requireRuntime(given);
  const size = given.max_batch_size;
  if (size !== undefined && size < 0) throw problem("max_batch_size", "an integer from 0", size);
  const { declared, signature } = readTensors(given);
  const batching = {
    ...(size === 0 && { enabled: false }),
    ...(size !== undefined && size > 0 && { maxBatchSize: size }),
  };
  const { batching: dynamic, queue } = readDynamicBatching(given.dynamic_batching ?? {});
  const instances = readInstances(given, note);
  const session = readSession(given, note);
  const warmup = readWarmup(given.model_warmup ?? [], declared.inputs);
  const { sequence_batching: sequence, ensemble_scheduling: ensemble } = given;
  const manifest = compact<ConfigManifest>({
    model: readModelFile(given),
    versions: readVersions(given.version_policy),
    batching: { ...batching, ...dynamic },
    queue,
    instances,
    session,
    sequence:
      sequence && readSequenceBatching(sequence, "sequence_batching", declared.hasBatchAxis),
    ensemble: ensemble && readEnsemble(ensemble, declared),
    cache: given.response_cache?.enable === true ? {} : undefined,
    warmup,
    signature,
  });
  const [conflict] = findConflicts(manifest);
  if (conflict !== undefined)
    throw new ModelConfigProblem(fieldOf(conflict.path), conflict.message);
  return {
    manifest,
    // The tensors of an ensemble are declared in its own section.
    declared: ensemble === undefined ? declared : NO_CONFIG.declared,
    given,
    notices: notices.map((notice) => {
      const found = place(notice.where);
      return found === undefined ? notice : { ...notice, place: found };
    }),
    isText: false,
    placeOf: place,
  };
}

function byPlace({ place: a }: ConfigNotice, { place: b }: ConfigNotice): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

/** The field that says what a section of the manifest does. */
const FIELDS: Readonly<Partial<Record<keyof Manifest, string>>> = {
  model: "default_model_filename",
  versions: "version_policy",
  instances: "instance_group",
  sequence: "sequence_batching",
  ensemble: "ensemble_scheduling",
  cache: "response_cache",
  warmup: "model_warmup",
  session: "parameters",
  queue: "dynamic_batching",
  batching: "dynamic_batching",
};

/**
 * The field that a problem of the manifest that a configuration stands for comes from.
 *
 * @param declared tensors of the configuration.
 */
export function fieldOf(
  [section = "", ...rest]: ManifestPath,
  { inputs, outputs }: DeclaredTensors = NO_CONFIG.declared,
): string {
  const field = FIELDS[section as keyof Manifest] ?? String(section);
  if (section === "signature") {
    const tensors = rest[0] === "inputs" ? inputs : outputs;
    const where = tensors.find(({ name }) => name === rest[1])?.where ?? field;
    return rest[2] === "labels" ? `${where}.label_filename` : where;
  }
  if (section !== "batching") return field;
  if (rest[0] === "maxBatchSize" || rest[0] === "enabled") return "max_batch_size";
  return rest[0] === "preserveOrdering" ? `${field}.preserve_ordering` : field;
}

/** Leaves out sections that say nothing; `cache` says all by being there. */
function compact<Sections extends object>(sections: {
  [Name in keyof Sections]: Sections[Name] | undefined;
}): Sections {
  const said = Object.entries(sections).filter(
    ([name, value]) =>
      value !== undefined &&
      (name === "cache" || typeof value !== "object" || Object.keys(value as object).length > 0),
  );
  return Object.fromEntries(said) as Sections;
}
