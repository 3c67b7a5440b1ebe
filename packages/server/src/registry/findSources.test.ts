import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../../test/support/models.ts";
import { findSources } from "./findSources.ts";

test("the log is told where a problem is, callers only below where models are looked for", async () => {
  using folder = temporaryFolder();
  const at = (path: string): string => join(folder.path, path);
  /** Files by their paths; what is in a graph does not matter to a scan. */
  const lay = (files: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    }
  };
  lay({
    "models/typo/bundle.yaml": "bathcing: {}",
    "models/lost/config.pbtxt": "",
    "models/first/bundle.yaml": "name: twin",
    "models/first/model.onnx": "",
    "models/second/bundle.yaml": "name: twin",
    "models/second/model.onnx": "",
    "bundle/bundle.yaml": "bathcing: {}",
    "bundle/model.onnx": "",
    "empty/notes.txt": "",
  });
  const configured = {
    name: "listed",
    basePath: `${at("empty")}/`,
    versions: [1],
    labels: new Map(),
  };
  const paths = [at("models"), at("bundle"), at("bundle/model.onnx")];
  const { problems } = await findSources(paths, false, [configured]);
  const typo = `bundle.yaml:1:1: bathcing: there is no such key; did you mean "batching"?`;
  assert.deepEqual(
    problems.map(({ name, reason, callersReason }) => [name, reason, callersReason]),
    [
      [
        "lost",
        `version 1: there is no ${at("models/lost/model.onnx")}`,
        "version 1: there is no lost/model.onnx",
      ],
      ["typo", `${at("models/typo")}/${typo}`, `typo/${typo}`],
      ["bundle", `${at("bundle")}/${typo}`, typo],
      ["model", `${at("bundle")}/${typo}`, typo],
      [
        "listed",
        `there is no version of it in ${at("empty")}`,
        "there is no version of it in empty",
      ],
      [
        "twin",
        `several models have this name: ${at("models/first")}, ${at("models/second")}`,
        "several models have this name: first, second",
      ],
    ],
  );
});
