import assert from "node:assert/strict";
import { test } from "node:test";
import { TextProtoProblem } from "../textproto/index.ts";
import { readModelServerConfig } from "./modelConfig.ts";

test("a file as the guide of TensorFlow Serving has it", () => {
  const text = `
    model_config_list {  # all models
      config {
        name: 'first'
        base_path: "/models/first"
        model_platform: "tensorflow"
      }
      config: {
        name: "second", base_path: "/models/" "second"
        model_version_policy: { specific { versions: 42 versions: 43 } }
        version_labels { key: "stable" value: 42 }
        version_labels { key: 'canary' value: 43 }
      }
      config { name: "third" base_path: "c" model_version_policy { all {} } }
      config { name: "fourth" base_path: "d" model_version_policy { latest { num_versions: 2 } } }
      config { name: "fifth" base_path: "e" model_version_policy { latest {} } }
    }`;
  const { models, notices } = readModelServerConfig(text);
  assert.deepEqual(
    models.map(({ labels, ...model }) => ({ ...model, labels: Object.fromEntries(labels) })),
    [
      { name: "first", basePath: "/models/first", versions: { latest: 1 }, labels: {} },
      {
        name: "second",
        basePath: "/models/second",
        versions: [42, 43],
        labels: { stable: "42", canary: "43" },
      },
      { name: "third", basePath: "c", versions: "all", labels: {} },
      { name: "fourth", basePath: "d", versions: { latest: 2 }, labels: {} },
      { name: "fifth", basePath: "e", versions: { latest: 1 }, labels: {} },
    ],
  );
  assert.deepEqual(notices, []);
});

test("what means nothing here is told, not fatal", () => {
  const text =
    'model_config_list {\n config { name: "a" base_path: "b"\n  logging_config { x: 1 } } }\nmore: 1';
  const { models, notices } = readModelServerConfig(text);
  assert.equal(models.length, 1);
  assert.deepEqual(notices, [
    'line 4, column 1: the field "more" is not known',
    'line 3, column 3: the field "model_config_list.config.logging_config" is not known',
  ]);
});

test("what is wrong is told with its place", () => {
  const inList = (config: string): string => `model_config_list {\n${config}\n}`;
  const cases: Record<string, RegExp> = {
    "": /line 1, column 1: the message model_config_list is missing/,
    "model_config_list {": /line 1, column 20: expected the name of a field/,
    [inList("config { }")]:
      /line 2, column 8: the field "model_config_list.config.name" is missing/,
    [inList('config { name: "a" }')]: /"model_config_list.config.base_path" is missing/,
    [inList("config { name: a }")]: /line 2, column 10: .*must be a string in quotes, got a/,
    [inList('config { name: "a" base_path: "b" }\nconfig { name: "a" base_path: "c" }')]:
      /line 3, column 8: the model "a" is configured twice/,
    [inList('config { name: "a" base_path: "b" model_version_policy { all {} latest {} } }')]:
      /more than one choice of versions/,
    [inList('config { name: "a" base_path: "b" version_labels { key: "x" } }')]: /has no value/,
    [inList(
      'config { name: "a" base_path: "b" model_version_policy { specific { versions: -1 } } }',
    )]: /an integer from 0 to/,
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.throws(
      () => readModelServerConfig(text),
      (error) => {
        assert.ok(error instanceof TextProtoProblem);
        assert.match(error.message, expected);
        return true;
      },
    );
  }
});
