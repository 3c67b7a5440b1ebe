import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelConfigMessage, ModelServerConfig } from "./messages/modelService.ts";
import { readModelServerConfig } from "./modelConfig.ts";
import { toConfiguredModels } from "./serverConfig.ts";

const listed = (...config: ModelConfigMessage[]): ModelServerConfig => ({
  model_config_list: { config },
});

test("a message says what the same text says", () => {
  const text = `model_config_list {
    config { name: "a" base_path: "/a" model_platform: "tensorflow" }
    config { name: "b" base_path: "/b" model_version_policy { specific { versions: 4 versions: 2 } }
             version_labels { key: "stable" value: 2 } version_labels { key: "canary" value: 4 } }
    config { name: "c" base_path: "/c" model_version_policy { all {} } }
    config { name: "d" base_path: "/d" model_version_policy { latest { num_versions: 3 } } }
    config { name: "e" base_path: "/e" model_version_policy { latest {} } }
  }`;
  const message = listed(
    { name: "a", base_path: "/a", model_platform: "tensorflow" },
    {
      name: "b",
      base_path: "/b",
      model_version_policy: { specific: { versions: [4, 2] } },
      version_labels: { stable: 2, canary: 4 },
    },
    { name: "c", base_path: "/c", model_version_policy: { all: {} } },
    { name: "d", base_path: "/d", model_version_policy: { latest: { num_versions: 3 } } },
    { name: "e", base_path: "/e", model_version_policy: { latest: {} } },
  );
  assert.deepEqual(toConfiguredModels(message), readModelServerConfig(text).models);
  assert.deepEqual(toConfiguredModels(listed()), []);
});

test("what is wrong is told", () => {
  const cases: readonly [ModelServerConfig | undefined, RegExp][] = [
    [undefined, /field "config" is missing; expected a ModelServerConfig/],
    [{}, /field "config" is missing/],
    [{ custom_model_config: {} }, /custom_model_config": only model_config_list is supported/],
    [
      listed({ name: "", base_path: "/a" }),
      /field "name" is missing in config.model_config_list.config\[0\]/,
    ],
    [listed({ name: "a", base_path: "" }), /field "base_path" is missing/],
    [
      listed({ name: "a", base_path: "/a" }, { name: "a", base_path: "/b" }),
      /the model "a" is configured twice/,
    ],
  ];
  for (const [config, says] of cases) assert.throws(() => toConfiguredModels(config), says);
});
