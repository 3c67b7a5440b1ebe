import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { InferRequest, LongshoreError, Tensor } from "@longshore/core";
import { model, node } from "@longshore/onnx";
import {
  affineModel,
  echoModel,
  fixedModel,
  lookupModel,
  mixingModel,
  slowModel,
  temporaryFolder,
  writeOnnx,
} from "../../../../test/support/models.ts";
import { createModelHost, type ModelHost } from "../modelHost.ts";

/** A host of models in a fresh folder, each given by its name. */
async function hostOf(
  models: Readonly<Record<string, Parameters<typeof writeOnnx>[1]>>,
): Promise<{ host: ModelHost } & AsyncDisposable> {
  const folder = temporaryFolder();
  for (const [name, model] of Object.entries(models))
    writeOnnx(join(folder.path, `${name}.onnx`), model);
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  return {
    host,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function floats(shape: readonly number[], data: Float32Array): Tensor {
  return { datatype: "FP32", shape, data };
}

const request = (name: string, tensor: Tensor): InferRequest => ({
  inputs: new Map([[name, tensor]]),
});

test("what can be batched is found by proof, not by the name of an axis", async () => {
  await using setup = await hostOf({
    affine: affineModel(),
    mixing: mixingModel(),
    fixed: fixedModel(),
    echo: echoModel(),
  });
  const { registry } = setup.host;
  assert.equal(registry.get("affine").batching.batchable, true);
  assert.equal(registry.get("echo").batching.batchable, true);
  assert.equal(registry.get("mixing").batching.batchable, false);
  assert.match(registry.get("mixing").batching.reason, /rows influence each other in output "y"/);
  assert.equal(registry.get("fixed").batching.batchable, false);
});

test("property: under concurrent load every caller gets exactly its rows, whatever the shapes", async () => {
  await using setup = await hostOf({ affine: affineModel(), echo: echoModel() });
  const affine = setup.host.registry.get("affine");
  const echo = setup.host.registry.get("echo");
  const call = fc.record({
    strings: fc.boolean(),
    rows: fc.integer({ min: 0, max: 150 }), // Beyond the batch limit too: those are split.
    width: fc.integer({ min: 1, max: 3 }),
    priority: fc.integer({ min: 0, max: 2 }),
  });
  let next = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 60 }), async (calls) => {
      await Promise.all(
        calls.map(async ({ strings, rows, width, priority }) => {
          // Every element of every request differs from every other one.
          const values = Float32Array.from({ length: rows * width }, () => next++ % 2 ** 20);
          if (strings) {
            const data = Array.from(values, (value) => `text ${value}`);
            const asked = request("x", { datatype: "BYTES", shape: [rows, width], data });
            const { outputs } = await echo.infer({ ...asked, priority }, {});
            assert.deepEqual(outputs.get("y"), { datatype: "BYTES", shape: [rows, width], data });
          } else {
            const asked = request("x", floats([rows, width], values));
            const { outputs } = await affine.infer({ ...asked, priority }, {});
            const y = outputs.get("y")!;
            assert.deepEqual(y.shape, [rows, width]);
            assert.deepEqual(
              [...(y.data as Float32Array)],
              Array.from(values, (value) => 2 * value + 1),
            );
          }
        }),
      );
    }),
    { numRuns: 40 },
  );
  const { stats } = affine;
  assert.ok(stats.executionCount < stats.queue.count, "requests shared runs");
});

test("one caller's bad data does not fail those who shared its batch", async () => {
  await using setup = await hostOf({ lookup: lookupModel() });
  const lookup = setup.host.registry.get("lookup");
  assert.equal(lookup.batching.batchable, true);
  const indices = Array.from({ length: 64 }, (_, index) => (index % 10 === 3 ? 1000 : index));
  const answers = await Promise.allSettled(
    indices.map((index) =>
      lookup.infer(
        request("index", { datatype: "INT64", shape: [1], data: BigInt64Array.of(BigInt(index)) }),
        {},
      ),
    ),
  );
  for (const [position, answer] of answers.entries()) {
    const index = indices[position]!;
    if (index === 1000) {
      assert.equal(answer.status, "rejected");
      assert.equal((answer.reason as LongshoreError).code, "RUN_FAILED");
    } else {
      assert.equal(answer.status, "fulfilled");
      assert.deepEqual(
        [...(answer.value.outputs.get("value")!.data as Float32Array)],
        [index * 10],
      );
    }
  }
});

test("models share a worker fairly: a flood of one does not hold up another", async () => {
  await using setup = await hostOf({ slow: slowModel(), affine: affineModel() });
  const slow = setup.host.registry.get("slow");
  const affine = setup.host.registry.get("affine");
  const flood = Array.from({ length: 100 }, () =>
    slow.infer(
      request("steps", { datatype: "INT64", shape: [1], data: BigInt64Array.of(300n) }),
      {},
    ),
  );
  let finished = 0;
  for (const run of flood) void run.then(() => finished++);
  await affine.infer(request("x", floats([1, 1], new Float32Array(1))), {});
  assert.ok(finished < 50, `answered after ${finished} of the 100 runs that were there first`);
  await Promise.all(flood);
});

test("a closed model answers what it accepted and nothing more", async () => {
  await using setup = await hostOf({ slow: slowModel() });
  const slow = setup.host.registry.get("slow");
  const ask = (): Promise<unknown> =>
    slow.infer(
      request("steps", { datatype: "INT64", shape: [1], data: BigInt64Array.of(2000n) }),
      {},
    );
  const accepted = Array.from({ length: 5 }, ask);
  const closed = slow.close();
  await assert.rejects(ask(), { code: "MODEL_UNREADY" });
  await closed;
  assert.equal(
    (await Promise.allSettled(accepted)).filter(({ status }) => status === "fulfilled").length,
    5,
  );
});

test("a bundle whose golden file is missing does not load, and holds no session", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "model.onnx"), affineModel());
  writeFileSync(
    join(folder.path, "bundle.yaml"),
    "golden: { file: nowhere.jsonl, tolerance: 0.1 }\n",
  );
  await using host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  assert.match(host.registry.index()[0]!.reason, /nowhere\.jsonl/);
  assert.ok(host.pool.lanes.every((lane) => lane.tenants === 0));
});

test("inputs that disagree on their rows are refused", async () => {
  await using setup = await hostOf({ affine: affineModel() });
  const tensor = floats([2, 1], new Float32Array(2));
  const other = floats([3, 1], new Float32Array(3));
  await assert.rejects(
    setup.host.registry.get("affine").infer(
      {
        inputs: new Map([
          ["x", tensor],
          ["z", other],
        ]),
      },
      {},
    ),
    { code: "BATCH_MISMATCH" },
  );
});

/** `output_1 = max(input_1, 0)`, exported with a batch of 1. */
function exportedModel(): Parameters<typeof writeOnnx>[1] {
  return model({
    inputs: [{ name: "input_1", datatype: "FP32", shape: [1, 3] }],
    outputs: [{ name: "output_1", datatype: "FP32", shape: [1, 3] }],
    nodes: [node("Relu", ["input_1"], ["output_1"])],
  });
}

test("a bundle gives inputs and outputs other names, and a fixed first axis rows", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "model.onnx"), exportedModel());
  writeFileSync(
    join(folder.path, "bundle.yaml"),
    `signature:
  inputs: { input_1: { name: question, shape: [rows, 3] } }
  outputs: { output_1: { name: answer, shape: [rows, 3] } }
`,
  );
  await using host = createModelHost({ paths: [folder.path], isolateTrials: true });
  await host.registry.sync(false);
  const [served] = host.registry.served();
  assert.ok(served);
  const shape = ["rows", 3];
  assert.deepEqual(served.signature, {
    inputs: [{ name: "question", datatype: "FP32", shape }],
    outputs: [{ name: "answer", datatype: "FP32", shape }],
  });
  assert.equal(served.batching.batchable, true, served.batching.reason);
  const rows = floats([2, 3], Float32Array.of(-1, 2, -3, 4, -5, 6));
  const { outputs } = await served.infer(request("question", rows), {});
  assert.deepEqual(outputs.get("answer")?.shape, [2, 3]);
  assert.deepEqual(outputs.get("answer")?.data, Float32Array.of(0, 2, 0, 4, 0, 6));
});

test("a name that the graph does not have is the model's reason", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "model.onnx"), exportedModel());
  writeFileSync(join(folder.path, "bundle.yaml"), "signature: { inputs: { z: { name: a } } }\n");
  await using host = createModelHost({ paths: [folder.path], isolateTrials: true });
  await host.registry.sync(false);
  assert.match(
    host.registry.index()[0]?.reason ?? "",
    /signature\.inputs\.z: the graph's inputs are/,
  );
});
