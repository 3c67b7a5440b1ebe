import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonValue } from "@longshore/core";
import { MODEL_CONFIG, readConfigJson, toCodec } from "@longshore/core/modelConfig";
import { Writer } from "@longshore/core/proto";
import { writeBundle } from "../../../../../test/support/bundles.ts";
import { memoryModel, memoryYaml } from "../../../../../test/support/memory.ts";
import { temporaryFolder } from "../../../../../test/support/models.ts";
import { lineModel } from "../../../../../test/support/tritonRepository.ts";
import { createModelHost } from "../../modelHost.ts";
import { toModelConfig } from "./modelConfig.ts";

const EVERYTHING = `
versions: { latest: 2 }
signature:
  inputs: { x: { callerShape: [N, 1], modelShape: [N] } }
  outputs: { y: { callerShape: [N, 1], labels: names.txt } }
batching: { maxBatchSize: 32, maxQueueDelayMs: 2, preferredBatchSizes: [8, 16] }
queue:
  maxLength: 50
  timeoutMs: 1500
  timeoutAction: delay
  allowTimeoutOverride: false
  priorities: { levels: 3, default: 2, policies: { "1": { maxLength: 5, timeoutMs: 20 } } }
instances: { count: 2, intraOpThreads: 2 }
session:
  graphOptimization: extended
  parallel: true
  interOpThreads: 2
  memoryArena: false
  memoryPattern: false
  config: { session.set_denormal_as_zero: "1" }
cache: { maxMib: 8 }
warmup:
  - { name: zeros, inputs: { x: { datatype: FP32, shape: [], zero: true } } }
  - { name: rows, count: 2, batchSize: 4, inputs: { x: { datatype: FP32, shape: [], random: true } } }
`;

test("what a bundle says is said in Triton's words, and means the same when it is read", async () => {
  using folder = temporaryFolder();
  writeBundle(folder.path, "all", lineModel(), EVERYTHING);
  writeFileSync(join(folder.path, "all", "names.txt"), "only\n");
  writeBundle(folder.path, "memory", memoryModel(), memoryYaml());
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);

  const model = host.registry.get("all");
  const config = JSON.parse(JSON.stringify(toModelConfig(model))) as JsonValue;
  const { manifest, notices } = readConfigJson(config, "all");
  const { cache, ...said } = model.source.manifest;
  assert.deepEqual(cache, { maxMib: 8 });
  assert.deepEqual(
    { ...manifest, signature: undefined },
    {
      ...said,
      model: "model.onnx",
      // A configuration only says that there is a cache; a policy that is given says all.
      cache: {},
      queue: {
        ...said.queue,
        priorities: {
          ...said.queue!.priorities!,
          policies: { 1: { maxLength: 5, timeoutMs: 20, allowTimeoutOverride: true } },
        },
      },
      signature: undefined,
    },
  );
  assert.deepEqual(manifest.signature, {
    inputs: { x: { callerShape: ["?", 1], modelShape: ["?"] } },
    outputs: { y: { callerShape: ["?", 1], modelShape: ["?"], labels: "names.txt" } },
  });
  assert.deepEqual(notices, []);

  const memory = host.registry.get("memory");
  const answered = JSON.parse(JSON.stringify(toModelConfig(memory))) as JsonValue;
  const { sequence } = readConfigJson(answered, "memory").manifest;
  // What a state starts with, it can only say of zeros.
  const names = memory.source.manifest.sequence?.state?.map(({ input, output }) => ({
    input,
    output,
  }));
  assert.deepEqual(sequence?.state, names);
  assert.deepEqual(sequence?.controls, memory.source.manifest.sequence?.controls);

  // gRPC writes the same messages.
  for (const each of [model, memory])
    toCodec(MODEL_CONFIG).write(new Writer(), toModelConfig(each));
  await host[Symbol.asyncDispose]();
});
