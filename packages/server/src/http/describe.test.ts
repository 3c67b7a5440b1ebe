import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { createModelHost } from "../modelHost.ts";
import { describeServer, openDescription } from "./describe.ts";

test("a description is the same object until another version answers", async () => {
  using folder = temporaryFolder();
  const write = (version: string): string =>
    writeOnnx(join(folder.path, "affine", version, "model.onnx"), affineModel());
  write("9");
  await using host = createModelHost({ paths: [folder.path], isolateTrials: false });
  const describe = openDescription(host);
  assert.deepEqual(describe(), describeServer(host));
  assert.deepEqual(describe().models, []);

  await host.registry.sync(false);
  const first = describe();
  assert.deepEqual(versions(first), [["9", true]]);
  assert.equal(describe(), first);
  await host.registry.sync(false);
  assert.equal(describe(), first, "nothing has changed");

  // The latest version only is served: the tenth takes the ninth's place.
  write("10");
  await host.registry.sync(false);
  const second = describe();
  assert.deepEqual(versions(second), [["10", true]]);
  assert.deepEqual(second, describeServer(host));

  await host.registry.load("affine", { config: '{"version_policy":{"all":{}}}' });
  assert.deepEqual(versions(describe()), [
    ["9", false],
    ["10", true],
  ]);

  rmSync(join(folder.path, "affine"), { recursive: true });
  await host.registry.unload("affine");
  assert.deepEqual(describe().models, []);
});

function versions({ models }: ReturnType<typeof describeServer>): [string, boolean][] {
  return models.map(({ version, isDefault }) => [version, isDefault]);
}
