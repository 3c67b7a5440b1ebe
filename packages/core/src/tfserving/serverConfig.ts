import { fail } from "../errors.ts";
import type { ModelConfigMessage, ModelServerConfig } from "./messages/modelService.ts";
import type { ConfiguredModel } from "./modelConfig.ts";

/**
 * The models that a message wants to be served: all of them, each once.
 *
 * @throws LongshoreError FIELD_MISSING, FIELD_INVALID.
 */
export function toConfiguredModels(config: ModelServerConfig | undefined): ConfiguredModel[] {
  const list = config?.model_config_list;
  if (list === undefined) {
    if (config?.custom_model_config === undefined) {
      const expected = "a ModelServerConfig with a model_config_list";
      throw fail("FIELD_MISSING", { field: "config", where: "", expected });
    }
    const problem = "only model_config_list is supported; name the models in one";
    throw fail("FIELD_INVALID", { field: "config.custom_model_config", where: "", problem });
  }
  const models: ConfiguredModel[] = [];
  for (const [index, each] of list.config.entries()) {
    const model = toConfiguredModel(each, ` in config.model_config_list.config[${index}]`);
    if (models.some(({ name }) => name === model.name)) {
      const problem = `the model "${model.name}" is configured twice`;
      throw fail("FIELD_INVALID", { field: "config.model_config_list", where: "", problem });
    }
    models.push(model);
  }
  return models;
}

function toConfiguredModel(
  { name, base_path: basePath, model_version_policy: policy, version_labels }: ModelConfigMessage,
  where: string,
): ConfiguredModel {
  if (name === "") throw fail("FIELD_MISSING", { field: "name", where, expected: "a name" });
  if (basePath === "") {
    const expected = "the folder of the model's version folders";
    throw fail("FIELD_MISSING", { field: "base_path", where, expected });
  }
  const versions =
    policy?.all !== undefined
      ? "all"
      : policy?.specific !== undefined
        ? (policy.specific.versions ?? [])
        : // 0 is how protobuf says that it was not given.
          { latest: policy?.latest?.num_versions || 1 };
  const labels = new Map(
    Object.entries(version_labels ?? {}).map(([label, version]) => [label, `${version}`]),
  );
  return { name, basePath, versions, labels };
}
