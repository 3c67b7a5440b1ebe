import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { scanPath } from "./scan.ts";
import { selectVersions } from "./versions.ts";

/** What was found, short: `name/version`. */
async function found(path: string): Promise<string[]> {
  return (await scanPath(path)).sources.map(({ name, version }) => `${name}/${version}`);
}

test("a file, a bundle, a versioned model and a repository of all of them", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeOnnx(at("single.onnx"), affineModel());
  writeOnnx(at("bundle", "model.onnx"), affineModel());
  writeFileSync(at("bundle", "bundle.yaml"), "name: named\n");
  for (const version of ["1", "2", "10"]) {
    writeOnnx(at("versioned", version, "model.onnx"), affineModel());
  }
  writeOnnx(at("versioned", "not-a-version", "model.onnx"), affineModel());
  writeFileSync(at("README.md"), "not a model");
  mkdirSync(at("empty"));
  assert.deepEqual(await found(at("single.onnx")), ["single/1"]);
  assert.deepEqual(await found(at("bundle")), ["named/1"]);
  assert.deepEqual(await found(at("bundle", "model.onnx")), ["named/1"]);
  assert.deepEqual(await found(at("versioned")), ["versioned/1", "versioned/2", "versioned/10"]);
  assert.deepEqual(await found(folder.path), [
    "named/1",
    "single/1",
    "versioned/1",
    "versioned/2",
    "versioned/10",
  ]);
});

test("a manifest that is wrong is a problem with its place, and the others are found", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeOnnx(at("good", "model.onnx"), affineModel());
  writeOnnx(at("typo", "model.onnx"), affineModel());
  writeFileSync(at("typo", "bundle.yaml"), "batching: { maxBatchSize: many }\n");
  writeOnnx(at("unknown", "model.onnx"), affineModel());
  writeFileSync(at("unknown", "bundle.yaml"), "bathcing: {}\n");
  writeOnnx(at("broken", "model.onnx"), affineModel());
  writeFileSync(at("broken", "bundle.yaml"), "name: [\n");
  mkdirSync(at("lost"));
  writeFileSync(at("lost", "bundle.yaml"), "model: nowhere.onnx\n");
  const { sources, problems } = await scanPath(folder.path);
  assert.deepEqual(
    sources.map(({ name }) => name),
    ["good"],
  );
  const reasons = Object.fromEntries(problems.map(({ name, reason }) => [name, reason]));
  assert.match(reasons["typo"]!, /batching\.maxBatchSize: .*number/);
  assert.match(reasons["unknown"]!, /bathcing/);
  assert.match(reasons["broken"]!, /bundle\.yaml: /);
  assert.match(reasons["lost"]!, /there is no .*nowhere\.onnx/);
});

test("a path that does not exist is an error", async () => {
  await assert.rejects(scanPath("/nowhere/at/all"), { code: "MODEL_INVALID" });
});

test("which versions are served: the latest, so many, all, or those named", () => {
  const sourcesOf = (versions: "all" | number[] | { latest: number } | undefined) =>
    ["1", "2", "10"].map((version) => ({
      name: "m",
      version,
      file: "",
      folder: "",
      fingerprint: "",
      manifest: { versions },
    }));
  const selected = (versions: Parameters<typeof sourcesOf>[0]): string[] => {
    const { candidates, count } = selectVersions(sourcesOf(versions));
    return candidates.slice(0, count).map(({ version }) => version);
  };
  assert.deepEqual(selected(undefined), ["10"]);
  assert.deepEqual(selected({ latest: 2 }), ["10", "2"]);
  assert.deepEqual(selected("all"), ["10", "2", "1"]);
  assert.deepEqual(selected([1, 2]), ["2", "1"]);
});
