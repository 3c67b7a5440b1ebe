import { MessageReader, TextProtoProblem } from "../textproto/index.ts";

/** A model as a model config file names it. */
export interface ConfiguredModel {
  readonly name: string;
  /** The folder of its version folders. */
  readonly basePath: string;
  readonly versions: "all" | { latest: number } | number[];
  /** Versions by label. */
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * Reads the text of a model config file, as `tensorflow_model_server --model_config_file` takes it:
 *
 * ```
 * model_config_list {
 *   config {
 *     name: "digits" base_path: "/models/digits" model_platform: "tensorflow"
 *     model_version_policy { specific { versions: 1 versions: 2 } }
 *     version_labels { key: "stable" value: 1 }
 *   }
 * }
 * ```
 *
 * Source: tensorflow/serving `config/model_server_config.proto`,
 * `sources/storage_path/file_system_storage_path_source.proto`.
 *
 * @returns with the models, what is written that means nothing to this server.
 * @throws TextProtoProblem
 */
export function readModelServerConfig(text: string): {
  readonly models: readonly ConfiguredModel[];
  readonly notices: readonly string[];
} {
  const root = MessageReader.parse(text);
  const list = root.message("model_config_list");
  if (list === undefined) {
    const problem =
      "the message model_config_list is missing; write model_config_list { config { … } }";
    throw new TextProtoProblem(root, problem);
  }
  const models: ConfiguredModel[] = [];
  for (const config of list.messages("config")) {
    const model = readModel(config);
    if (models.some(({ name }) => name === model.name))
      throw new TextProtoProblem(config, `the model "${model.name}" is configured twice`);
    models.push(model);
  }
  return { models, notices: root.unknown() };
}

function readModel(config: MessageReader): ConfiguredModel {
  const name = readRequired(config, "name");
  const basePath = readRequired(config, "base_path");
  // Says that a TensorFlow server shall read the folder: what lies in it is seen by its files.
  config.string("model_platform");
  const policy = config.message("model_version_policy");
  return {
    name,
    basePath,
    versions: policy === undefined ? { latest: 1 } : readPolicy(policy),
    labels: config.map("version_labels", (entry) => entry.integer("value", 0)?.toString()),
  };
}

function readRequired(config: MessageReader, field: string): string {
  const value = config.string(field);
  if (value === undefined || value === "")
    throw new TextProtoProblem(config, `the field "${config.path}.${field}" is missing`);
  return value;
}

function readPolicy(policy: MessageReader): ConfiguredModel["versions"] {
  const latest = policy.message("latest");
  const all = policy.message("all");
  const specific = policy.message("specific");
  if ([latest, all, specific].filter((choice) => choice !== undefined).length > 1)
    throw new TextProtoProblem(policy, `"${policy.path}" has more than one choice of versions`);
  if (all !== undefined) return "all";
  if (specific !== undefined) return specific.integers("versions", 0);
  // 0 is how protobuf says that it was not given.
  return { latest: latest?.integer("num_versions", 0, 2 ** 32 - 1) || 1 };
}
