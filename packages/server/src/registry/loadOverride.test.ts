import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { Infer } from "@longshore/core";
import { toSequenceBatching } from "@longshore/core/modelConfig";
import { writeModel } from "@longshore/onnx";
import { memoryModel } from "../../../../test/support/memory.ts";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { createModelHost, type ModelHost } from "../modelHost.ts";

/** A host of one repository folder, with versions 1 and 2 of `affine`: `2x + 1` and `2x + 2`. */
async function open(): Promise<{ host: ModelHost; folder: string } & AsyncDisposable> {
  const folder = temporaryFolder();
  for (const version of [1, 2]) {
    writeOnnx(join(folder.path, "affine", `${version}`, "model.onnx"), affineModel(version));
  }
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  return {
    host,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function bytesOf(offset: number): Uint8Array {
  return Buffer.concat(writeModel(affineModel(offset)));
}

/** What a model makes of 0: its offset. */
async function offsetOf({ registry }: ModelHost, name: string, version?: string): Promise<number> {
  const infer: Infer = registry.get(name, version).infer;
  const x = { datatype: "FP32", shape: [1, 1], data: new Float32Array(1) } as const;
  const { outputs } = await infer({ inputs: new Map([["x", x]]) }, {});
  return (outputs.get("y")!.data as Float32Array)[0]!;
}

test("a config is in place until the model is loaded again", async () => {
  await using setup = await open();
  const { registry } = setup.host;
  const config = {
    max_batch_size: 5,
    version_policy: { specific: { versions: [1] } },
    dynamic_batching: { max_queue_delay_microseconds: 500 },
    instance_group: [{ count: 2 }],
  };
  await registry.load("affine", { config: JSON.stringify(config) });
  const { batching, placement } = registry.get("affine");
  assert.deepEqual([batching.maxBatchSize, batching.maxQueueDelayMs], [5, 0.5]);
  assert.equal(placement.lanes.length, 2);
  assert.deepEqual(registry.versions("affine"), ["1"]);
  assert.equal(await offsetOf(setup.host, "affine"), 1);

  // Looking at the disk changes nothing, what is new there is served as the config says.
  const served = registry.get("affine");
  await registry.sync(true);
  assert.equal(registry.get("affine"), served);
  writeOnnx(join(setup.folder, "affine", "1", "model.onnx"), affineModel(10));
  await registry.sync(true);
  await registry.sync(true);
  assert.equal(await offsetOf(setup.host, "affine"), 10);
  assert.equal(registry.get("affine").batching.maxBatchSize, 5);

  await registry.load("affine");
  assert.deepEqual(registry.versions("affine"), ["2"]);
  assert.equal(registry.get("affine").batching.maxBatchSize, 64);
});

test("files stand in place of what lies on disk", async () => {
  await using setup = await open();
  const { registry } = setup.host;
  const files = new Map([
    ["3/model.onnx", bytesOf(3)],
    ["4/model.onnx", bytesOf(4)],
  ]);
  await registry.load("affine", { files, config: '{"version_policy":{"all":{}}}' });
  assert.deepEqual(registry.versions("affine"), ["3", "4"]);
  assert.equal(await offsetOf(setup.host, "affine"), 4);
  assert.equal(await offsetOf(setup.host, "affine", "3"), 3);
  const folder = dirname(dirname(registry.get("affine").source.file));
  await registry.sync(true);
  assert.deepEqual(registry.versions("affine"), ["3", "4"]);

  await registry.unload("affine");
  assert.ok(!existsSync(folder));
  assert.deepEqual(
    registry.index().map(({ version, state }) => [version, state]),
    [
      ["1", "UNAVAILABLE"],
      ["2", "UNAVAILABLE"],
    ],
  );
  await registry.sync(false);
  assert.throws(() => registry.get("affine"), { code: "MODEL_UNREADY" });
  await registry.load("affine");
  assert.equal(await offsetOf(setup.host, "affine"), 2);
});

test("a model that is not in the repository can be sent", async () => {
  await using setup = await open();
  const { registry } = setup.host;
  await registry.load("sent", {
    files: new Map([["7/best.onnx", bytesOf(7)]]),
    config: '{"default_model_filename":"best.onnx"}',
  });
  assert.equal(await offsetOf(setup.host, "sent"), 7);
  await registry.load("sent", { files: new Map([["8/model.onnx", bytesOf(8)]]) });
  assert.equal(await offsetOf(setup.host, "sent"), 8);
  const folder = dirname(dirname(registry.get("sent").source.file));
  await assert.rejects(registry.load("sent"), {
    code: "MODEL_LOAD_FAILED",
    message: /failed to load "sent": there is no such model/,
  });
  assert.equal(await offsetOf(setup.host, "sent"), 8);
  await registry.unload("sent");
  assert.throws(() => registry.get("sent"), { code: "MODEL_UNKNOWN" });
  assert.ok(!existsSync(folder));
});

test("a model with a memory can be sent with its config", async () => {
  await using setup = await open();
  const { registry } = setup.host;
  const files = new Map([["1/model.onnx", Buffer.concat(writeModel(memoryModel()))]]);
  const settings = {
    controls: { start: "START", end: "END", ready: "READY", corrid: "CORRID" },
    state: [{ input: "s", output: "next" }],
  };
  const load = (sequence: typeof settings): Promise<void> => {
    const limits = { maxIdleMs: 60_000, maxSequences: 5 };
    const config = { sequence_batching: toSequenceBatching(sequence, limits) };
    return registry.load("memory", { files, config: JSON.stringify(config) });
  };
  await load(settings);
  const x = { datatype: "INT64", shape: [1, 1], data: BigInt64Array.of(4n) } as const;
  const request = { inputs: new Map([["x", x]]), sequence: { id: 1n, start: true, end: true } };
  const { outputs } = await registry.get("memory").infer(request, {});
  assert.deepEqual(outputs.get("y")!.data, BigInt64Array.of(4n));
  await assert.rejects(load({ ...settings, state: [{ input: "t", output: "next" }] }), {
    code: "MODEL_LOAD_FAILED",
    message: /config: sequence.state.0.input: the model has no input "t"/,
  });
});

test("what cannot be loaded changes nothing", async () => {
  await using setup = await open();
  const { registry } = setup.host;
  const served = registry.get("affine");
  const good = bytesOf(9);
  const bad = new Uint8Array(100);
  const cases: [files: Record<string, Uint8Array>, config: object | undefined, says: RegExp][] = [
    [{ "3/model.onnx": bad }, undefined, /failed to load "affine"/],
    [
      { "3/model.onnx": good, "4/model.onnx": bad },
      { version_policy: { all: {} } },
      /failed to load "affine"/,
    ],
    [{ "3/other.onnx": good }, undefined, /the files of version 3 have no 3\/model.onnx/],
    [{ "model.onnx": good }, undefined, /the files of version model.onnx have no/],
    [{ "3/model.onnx": good, "3/../../x": bad }, undefined, /"3\/..\/..\/x": expected a path like/],
    [{ "3/model.onnx": good, "3/.hidden": bad }, undefined, /expected a path like/],
    [{ "3/model.onnx": good, "3//x": bad }, undefined, /expected a path like/],
    [{ "3/model.onnx": good, "3/a\\..\\b": bad }, undefined, /expected a path like/],
    [{ "3/model.onnx": good, "3/model.onnx/x": bad }, undefined, /could not be written: E/],
    [{ "3/model.onnx": good, "3/step.mjs": bad }, undefined, /code is not taken/],
    [{ "3/model.onnx": good }, { platform: "other" }, /its config: platform: expected/],
    [
      { "3/model.onnx": good },
      { input: [{ name: "w", data_type: "TYPE_FP32", dims: [1] }] },
      /config: input\[0\]\.name: input "w" does not exist; the model has x/,
    ],
    [{}, { version_policy: { specific: { versions: [5] } } }, /there is no such model/],
    [{}, { default_model_filename: "none.onnx" }, /none.onnx/],
  ];
  for (const [files, config, message] of cases) {
    await assert.rejects(
      registry.load("affine", {
        files: new Map(Object.entries(files)),
        ...(config && { config: JSON.stringify(config) }),
      }),
      { code: "MODEL_LOAD_FAILED", message },
    );
    assert.equal(registry.get("affine"), served);
  }
  assert.equal(await offsetOf(setup.host, "affine"), 2);
  await registry.sync(true);
  assert.equal(registry.get("affine"), served);
  await assert.rejects(
    registry.load("../x", { files: new Map([["1/model.onnx", good]]) }),
    /a name has letters/,
  );
});

test("requests are answered all the while", async () => {
  await using setup = await open();
  const { registry } = setup.host;
  let going = true;
  const seen = new Set<number>();
  const ask = async (): Promise<void> => {
    while (going) seen.add(await offsetOf(setup.host, "affine"));
  };
  const asking = Promise.all([ask(), ask()]);
  for (const offset of [3, 4, 5]) {
    await registry.load("affine", { files: new Map([["1/model.onnx", bytesOf(offset)]]) });
  }
  await registry.load("affine");
  going = false;
  await asking;
  assert.ok([...seen].every((offset) => [2, 3, 4, 5].includes(offset)));
  assert.equal(await offsetOf(setup.host, "affine"), 2);
});
