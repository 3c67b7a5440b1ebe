import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import type { InferRequest, Tensor } from "@longshore/core";
import type { Manifest, WarmupSample } from "@longshore/core/manifest";
import type { Model } from "@longshore/onnx";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { memoryModel, memoryYaml } from "../../../../test/support/memory.ts";
import {
  affineModel,
  echoModel,
  lookupModel,
  temporaryFolder,
} from "../../../../test/support/models.ts";
import { createModelHost, type ModelHost } from "../modelHost.ts";
import { readWarmup } from "./warmupRuns.ts";

/** A host of one bundle, `m`. @param files of the bundle, by their names. */
async function open(
  model: Model,
  manifest: Manifest | string,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<{ host: ModelHost; reason: string } & AsyncDisposable> {
  const folder = temporaryFolder();
  const text = typeof manifest === "string" ? manifest : stringify(manifest);
  const bundle = writeBundle(folder.path, "m", model, text);
  mkdirSync(join(bundle, "warmup"), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(bundle, name), bytes);
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  return {
    host,
    reason: host.registry.index()[0]!.reason,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

const index = (file: string, shape: number[] = []): WarmupSample["inputs"] => ({
  index: { datatype: "INT64", shape, file },
});

function bytesOf(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values).buffer);
}

test("a model is warmed up before it answers, and nothing of it is counted", async () => {
  const warmup = [
    { name: "one", inputs: index("warmup/one") },
    { name: "many", count: 3, batchSize: 4, inputs: index("warmup/one") },
    { name: "rows", inputs: index("warmup/two", [2]) },
  ];
  const files = { "warmup/one": bytesOf(7n), "warmup/two": bytesOf(1n, 99n, 12345n) };
  await using setup = await open(lookupModel(), { warmup }, files);
  assert.equal(setup.reason, "");
  const { stats } = setup.host.registry.get("m");
  assert.deepEqual(
    [stats.inferenceCount, stats.executionCount, stats.success.count, stats.batches.size],
    [0, 0, 0, 0],
  );
});

test("a run that fails is the load's error, and names the warm-up", async () => {
  const warmup = [
    { name: "good", inputs: index("warmup/one") },
    { name: "bad", inputs: index("warmup/far") },
  ];
  const files = { "warmup/one": bytesOf(7n), "warmup/far": bytesOf(5000n) };
  await using setup = await open(lookupModel(), { warmup }, files);
  assert.match(setup.reason, /^failed to load "m": its warm-up "bad" failed: .*5000/);
  assert.throws(() => setup.host.registry.get("m"), { code: "MODEL_UNREADY" });
});

test("what does not fit the model or its file is said", async () => {
  const cases: [inputs: WarmupSample["inputs"], batchSize: number, says: RegExp][] = [
    [{}, 1, /its warm-up "w": input "index" is missing; expected INT64/],
    [{ idx: { datatype: "INT64", shape: [], zero: true } }, 1, /input "idx" does not exist/],
    [
      { index: { datatype: "INT32", shape: [], zero: true } },
      1,
      /input "index": expected INT64.*, got INT32/,
    ],
    [{ index: { datatype: "INT64", shape: [1, 1], zero: true } }, 1, /input "index": expected/],
    [index("warmup/one", [1]), 2, /shape \[1\] is not valid; to repeat it `batchSize` times/],
    [index("warmup/one", [2]), 1, /shape \[2\] needs 16 bytes, got a file of 8 bytes/],
    [index("warmup/none"), 1, /warmup\/none: there is no such file in the bundle/],
    [index("/etc/passwd"), 1, /lies outside of the bundle/],
    [
      { index: { datatype: "INT64", shape: [2 ** 30], zero: true } },
      1,
      /1073741824 elements are over the limit/,
    ],
    [
      { index: { datatype: "INT64", shape: [2 ** 40, 2 ** 40], zero: true } },
      1,
      /too many elements are over the limit/,
    ],
    [
      { index: { datatype: "INT64", shape: [], zero: true } },
      2 ** 30,
      /1073741824 elements are over the limit/,
    ],
  ];
  for (const [inputs, batchSize, says] of cases) {
    const warmup = [{ name: "w", batchSize, inputs }];
    await using setup = await open(lookupModel(), { warmup }, { "warmup/one": bytesOf(7n) });
    assert.match(setup.reason, says);
  }
});

test("zeros, random numbers and texts", async () => {
  const inputsOf = async (model: Model, sample: WarmupSample): Promise<InferRequest["inputs"]> => {
    await using setup = await open(model, { warmup: [sample] }, TEXTS);
    assert.equal(setup.reason, "");
    const { source, signature, batching, sequence } = setup.host.registry.get("m");
    const { batchable } = batching;
    const [run] = await readWarmup({ source, signature, batchable, contract: sequence });
    return run!.request.inputs;
  };
  const dataOf = (inputs: InferRequest["inputs"]): readonly unknown[] => {
    const { data, datatype } = inputs.get("x") as Tensor;
    if (datatype === "BYTES") return data as string[];
    return [...new Float32Array((data as Uint8Array).slice().buffer)];
  };
  const x = { datatype: "FP32" as const, shape: [3] };
  const zeros = await inputsOf(affineModel(), {
    name: "z",
    batchSize: 2,
    inputs: { x: { ...x, zero: true } },
  });
  assert.deepEqual(zeros.get("x")!.shape, [2, 3]);
  assert.deepEqual(dataOf(zeros), [0, 0, 0, 0, 0, 0]);
  const random = await inputsOf(affineModel(), {
    name: "r",
    batchSize: 2,
    inputs: { x: { ...x, random: true } },
  });
  const numbers = dataOf(random) as number[];
  assert.deepEqual(numbers.slice(0, 3), numbers.slice(3));
  assert.equal(new Set(numbers).size, 3);
  assert.ok(numbers.every((value) => value >= 0 && value < 1));
  const texts = await inputsOf(echoModel(), {
    name: "t",
    batchSize: 2,
    inputs: { x: { datatype: "BYTES", shape: [2], file: "warmup/texts" } },
  });
  assert.deepEqual(dataOf(texts), ["ab", "ü", "ab", "ü"]);
  for (const kind of [{ zero: true }, { random: true }] as const) {
    const empty = await inputsOf(echoModel(), {
      name: "e",
      inputs: { x: { datatype: "BYTES", shape: [2], ...kind } },
    });
    assert.deepEqual(dataOf(empty), ["", ""]);
  }
  await using cut = await open(
    echoModel(),
    {
      warmup: [
        { name: "c", inputs: { x: { datatype: "BYTES", shape: [3], file: "warmup/texts" } } },
      ],
    },
    TEXTS,
  );
  assert.match(cut.reason, /its warm-up "c": input "x": .*3/);
});

/** Two texts, each behind its length. */
const TEXTS = { "warmup/texts": Buffer.from("\x02\0\0\0ab\x02\0\0\0ü", "utf8") };

test("a model with a memory is warmed up without a sequence, with what the server fills", async () => {
  const yaml = `${memoryYaml()}\nwarmup:\n  - name: w\n    batchSize: 3\n    inputs: { x: { datatype: INT64, shape: [1], zero: true } }\n`;
  await using setup = await open(memoryModel(), yaml);
  assert.equal(setup.reason, "");
  const { source, batching, sequence } = setup.host.registry.get("m");
  const column = (name: string) => ({ name, datatype: "INT64", shape: ["N", 1] }) as const;
  const signature = {
    inputs: ["x", "s", "START", "END", "READY", "CORRID"].map(column),
    outputs: [],
  };
  const [run] = await readWarmup({
    source,
    signature,
    batchable: batching.batchable,
    contract: sequence,
  });
  const shapes = [...run!.request.inputs].map(([name, { shape }]) => [name, ...shape].join());
  assert.deepEqual(shapes.toSorted(), [
    "CORRID,3,1",
    "END,3,1",
    "READY,3,1",
    "START,3,1",
    "s,3,1",
    "x,3,1",
  ]);
});

/** Counts the rows that its very worker has seen. */
const COUNTING = `
import { defineModel } from "longshore/model";
let seen = 0;
export default defineModel({
  inputs: { x: { datatype: "FP32", shape: [1] } },
  outputs: { y: { datatype: "FP32", shape: [1] } },
  async predict() {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { y: Float32Array.of(++seen) };
  },
});
`;

test("every session is warmed up", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "counting.ts"), COUNTING);
  const inputs = { x: { datatype: "FP32", shape: [1], zero: true } };
  const warmup = [{ name: "w", count: 20, inputs }];
  const manifest = { name: "m", model: "counting.ts", instances: { count: 2 }, warmup };
  writeFileSync(join(folder.path, "bundle.yaml"), stringify(manifest));
  await using host = createModelHost({
    paths: [folder.path],
    isolateTrials: false,
    allowCode: true,
  });
  await host.registry.sync(false);
  const { infer, placement } = host.registry.get("m");
  assert.equal(placement.lanes.length, 2);
  const x: Tensor = { datatype: "FP32", shape: [1], data: new Float32Array(1) };
  const answers = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const { outputs } = await infer({ inputs: new Map([["x", x]]) }, {});
      return (outputs.get("y")!.data as Float32Array)[0]!;
    }),
  );
  const first = answers.filter((seen) => seen === Math.min(...answers));
  assert.equal(Math.min(...answers), 21);
  assert.equal(first.length, 2, "of both sessions");
});
