import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LongshoreError } from "@longshore/core";
import type { ConfiguredModel } from "@longshore/core/tfserving";
import { findSources } from "./findSources.ts";
import { ModelConfigFile } from "./modelConfigFile.ts";
import { scanConfigured } from "./scan.ts";

const root = mkdtempSync(join(tmpdir(), "longshore-config-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** Files by their paths; what is in them does not matter to a scan. */
function lay(folder: string, ...paths: string[]): string {
  for (const path of paths) {
    mkdirSync(join(root, folder, path, ".."), { recursive: true });
    writeFileSync(
      join(root, folder, path),
      path.endsWith(".yaml") ? "name: other\nversions: all\n" : "",
    );
  }
  return join(root, folder);
}

function configured(name: string, basePath: string): ConfiguredModel {
  return { name, basePath, versions: [2], labels: new Map() };
}

test("a configured model goes by its own name and policy, whatever its folder says", async () => {
  const folder = lay("own", "1/model.onnx", "2/model.onnx", "bundle.yaml");
  const { sources, problems } = await scanConfigured(configured("m", folder), true);
  assert.deepEqual(
    sources.map(({ name, version, manifest, codeAllowed }) => [
      name,
      version,
      manifest.versions,
      codeAllowed,
    ]),
    [
      ["m", "1", [2], true],
      ["m", "2", [2], true],
    ],
  );
  assert.deepEqual(problems, []);
});

test("the only graph of a version folder is its model, but none of several", async () => {
  const folder = lay(
    "single",
    "1/saved.onnx",
    "1/notes.txt",
    "2/a.onnx",
    "2/b.onnx",
    "3/notes.txt",
  );
  const { sources, problems } = await scanConfigured(configured("m", folder), false);
  assert.deepEqual(
    sources.map(({ file }) => file),
    [join(folder, "1/saved.onnx")],
  );
  assert.deepEqual(
    problems.map(({ name, reason }) => [name, reason.replace(folder, "")]),
    [
      ["m", "version 2: there is no /2/model.onnx, but several others: a.onnx, b.onnx"],
      ["m", "version 3: there is no /3/model.onnx"],
    ],
  );
});

test("a folder that is not there, or holds no version, is a problem of its model", async () => {
  const empty = lay("empty", "notes.txt");
  for (const folder of [empty, join(root, "none"), join(empty, "notes.txt")]) {
    const { sources, problems } = await scanConfigured(configured("m", folder), false);
    assert.deepEqual(sources, []);
    assert.deepEqual(problems, [{ name: "m", reason: `there is no version of it in ${folder}` }]);
  }
});

test("a name that a path has too is told", async () => {
  const [first, second] = [lay("paths/m", "model.onnx"), lay("configured", "2/model.onnx")];
  const found = await findSources([first], false, [configured("m", second)]);
  assert.deepEqual(
    found.byName.get("m")?.map(({ folder }) => folder),
    [first],
  );
  assert.match(found.problems[0]?.reason ?? "", /several models have this name/);
});

test("what a file said stays until it says something that can be read", async () => {
  const file = join(root, "models.config");
  const notices: string[] = [];
  const config = new ModelConfigFile(file, (notice) =>
    notices.push(notice.replace(`${file}: `, "")),
  );
  const write = (text: string): void => writeFileSync(file, text);
  const names = async (): Promise<string[]> => (await config.read()).map(({ name }) => name);

  await assert.rejects(
    config.read(),
    (error) => error instanceof LongshoreError && error.code === "MANIFEST_INVALID",
  );
  write('model_config_list { config { name: "a" base_path: "b" x: 1 } }');
  assert.deepEqual(await names(), ["a"]);
  assert.deepEqual(await names(), ["a"]);
  assert.deepEqual(notices.splice(0), [
    'line 1, column 55: the field "model_config_list.config.x" is not known',
  ]);
  write("model_config_list {");
  assert.deepEqual(await names(), ["a"]);
  assert.deepEqual(await names(), ["a"]);
  assert.equal(notices.length, 1);
  assert.match(notices.splice(0)[0] ?? "", /^line 1, column 20: .*; what it said before stays$/);
  rmSync(file);
  assert.deepEqual([await names(), await names()], [["a"], ["a"]]);
  assert.match(notices.splice(0).join(), /^ENOENT[^,]*, [^,]*; what it said before stays$/);
  write('model_config_list { config { name: "c" base_path: "d" } }');
  assert.deepEqual(await names(), ["c"]);
  write("model_config_list { }");
  assert.deepEqual(await names(), []);
  assert.deepEqual(notices, []);
});
