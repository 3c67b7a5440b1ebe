import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { createModelHost } from "../modelHost.ts";
import { tellNotices } from "./tellNotices.ts";

test("notices are told once for all versions of a model, and when they change", () => {
  const told: string[] = [];
  const tell = tellNotices(({ kind, name, version, reason }) =>
    told.push(`${kind} ${name}/${version} ${reason}`),
  );
  const source = (name: string, version: string, notices?: string[]) =>
    tell({
      name,
      version,
      file: "",
      folder: "",
      manifest: {},
      fingerprint: "",
      codeAllowed: false,
      ...(notices && { notices }),
    });
  source("a", "2", ["x", "y"]);
  source("a", "1", ["x", "y"]);
  source("b", "1");
  source("b", "1", ["x"]);
  source("a", "2", ["y"]);
  source("b", "1", []);
  source("b", "1", ["x"]);
  assert.deepEqual(told, [
    "notice a/2 x",
    "notice a/2 y",
    "notice b/1 x",
    "notice a/2 y",
    "notice b/1 x",
  ]);
});

test("a folder that is meant for a new version and is none is told once, with nothing opened", async () => {
  using folder = temporaryFolder();
  const add = (version: string): string =>
    writeOnnx(join(folder.path, "net", version, "model.onnx"), affineModel());
  add("1");
  const told: string[] = [];
  await using host = createModelHost({
    paths: [folder.path],
    isolateTrials: false,
    observe: ({ kind, name, reason }) => told.push(`${kind} ${name}: ${reason}`),
  });
  await host.registry.sync(false);
  assert.deepEqual(told.splice(0), ["loaded net: undefined"]);
  add("v2");
  for (let look = 0; look < 2; look++) await host.registry.sync(true);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /^notice net: .*\/net\/v2: is no version; /);
});
