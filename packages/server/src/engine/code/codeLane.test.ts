import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { InferRequest, LongshoreError, Tensor } from "@longshore/core";
import { temporaryFolder } from "../../../../../test/support/models.ts";
import { createModelHost, type ModelHost } from "../../modelHost.ts";
import type { ServedModel } from "../../registry/servedModel.ts";

/** Serves a module from a folder of its own. */
async function serve(
  module: string,
): Promise<{ host: ModelHost; model: ServedModel } & AsyncDisposable> {
  const folder = temporaryFolder();
  const file = join(folder.path, "subject.mjs");
  writeFileSync(file, module);
  const host = createModelHost({ paths: [file], isolateTrials: false });
  const close = async (): Promise<void> => {
    await host[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  await host.registry.sync(false);
  return { host, model: host.registry.get("subject"), [Symbol.asyncDispose]: close };
}

function request(rows: readonly number[]): InferRequest {
  const data = Float32Array.from(rows.flatMap((value) => [value, -value]));
  const x: Tensor = { datatype: "FP32", shape: [rows.length, 2], data };
  return {
    inputs: new Map([
      ["x", x],
      ["name", { datatype: "BYTES", shape: [rows.length], data: rows.map((value) => `r${value}`) }],
    ]),
  };
}

const BAD = 7;

test("rows that see how many share a call are found by the proof", async () => {
  await using served = await serve(`
    export default {
      inputs: {
        x: { datatype: "FP32", shape: ["N", 2] },
        name: { datatype: "BYTES", shape: ["N"] },
      },
      outputs: {
        y: { datatype: "FP64", shape: ["N"] },
        name: { datatype: "BYTES", shape: ["N"] },
        rows: { datatype: "INT32", shape: ["N"] },
      },
      async predict({ x, name }) {
        const rows = x.shape[0];
        return { y: new Float64Array(rows), name: name.data, rows: new Int32Array(rows).fill(rows) };
      },
    };`);
  const { model } = served;
  assert.equal(model.runtime, "code");
  assert.equal(model.batching.batchable, false);
  assert.match(model.batching.reason, /rows influence each other in output "rows"/);
});

test("batches are shared, and every caller gets its own rows", async () => {
  await using served = await serve(`
    globalThis.calls = 0;
    export default {
      inputs: {
        x: { datatype: "FP32", shape: ["N", 2] },
        name: { datatype: "BYTES", shape: ["N"] },
      },
      outputs: { y: { datatype: "FP64", shape: ["N"] }, name: { datatype: "BYTES", shape: ["N"] } },
      async predict({ x, name }) {
        if (x.data.includes(${BAD})) throw new Error("bad row");
        await new Promise((resolve) => setTimeout(resolve, 1));
        const rows = x.shape[0];
        const y = Float64Array.from({ length: rows }, (_, row) => x.data[2 * row] - x.data[2 * row + 1]);
        return { y, name: name.data.map((text) => text + "!") };
      },
    };`);
  const { model } = served;
  assert.equal(model.batching.batchable, true);
  assert.match(model.batching.reason, /^proven: /);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (callers) => {
        const answers = await Promise.allSettled(
          callers.map((rows) => model.infer(request(rows), {})),
        );
        for (const [index, answer] of answers.entries()) {
          const rows = callers[index]!;
          if (rows.includes(BAD)) {
            assert.equal(answer.status, "rejected");
            assert.equal((answer.reason as LongshoreError).code, "RUN_FAILED");
            assert.match((answer.reason as LongshoreError).message, /bad row/);
            continue;
          }
          assert.ok(answer.status === "fulfilled");
          const { outputs } = answer.value;
          const y = outputs.get("y")!;
          assert.deepEqual(y.shape, [rows.length]);
          assert.deepEqual(
            [...(y.data as Float64Array)],
            rows.map((value) => 2 * value),
          );
          assert.deepEqual(
            outputs.get("name")!.data,
            rows.map((value) => `r${value}!`),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
  const { executions, inferences } = countsOf(model);
  assert.ok(executions < inferences, `${executions} calls for ${inferences} rows`);
});

test("a module that refuses made-up rows is trusted in what it declares", async () => {
  const module = (shape: string) => `export default {
    inputs: { x: { datatype: "FP32", shape: [${shape}, 2] }, name: { datatype: "BYTES", shape: [${shape}] } },
    outputs: { y: { datatype: "FP32", shape: [${shape}] } },
    predict: ({ x, name }) => {
      if (!name.data[0].startsWith("r")) throw new RangeError("not a name of ours");
      return { y: new Float32Array(x.shape[0]).fill(1) };
    },
  };`;
  await using batched = await serve(module('"N"'));
  assert.equal(batched.model.batching.batchable, true);
  assert.match(
    batched.model.batching.reason,
    /not proven, as made-up rows fail: not a name of ours/,
  );
  const { outputs } = await batched.model.infer(request([1, 2]), {});
  assert.deepEqual(outputs.get("y")!.data, Float32Array.of(1, 1));
  await using fixed = await serve(module("1"));
  assert.equal(fixed.model.batching.batchable, false);
  assert.match(fixed.model.batching.reason, /is fixed at 1/);
});

test("a large batch is split, and the module's own arrays stay its own", async () => {
  await using served = await serve(`
    const kept = new Float32Array(64);
    export default {
      inputs: { x: { datatype: "FP32", shape: ["N", 2] }, name: { datatype: "BYTES", shape: ["N"] } },
      outputs: { y: { datatype: "FP32", shape: ["N"] } },
      predict({ x }) {
        for (let row = 0; row < x.shape[0]; row++) kept[row] = x.data[2 * row];
        return { y: kept.subarray(0, x.shape[0]) };
      },
    };`);
  const rows = Array.from({ length: 500 }, (_, row) => row);
  const { outputs } = await served.model.infer(request(rows), {});
  assert.deepEqual([...(outputs.get("y")!.data as Float32Array)], rows);
});

test("several instances compute at the same time, each with a state of its own", async () => {
  using folder = temporaryFolder();
  writeFileSync(
    join(folder.path, "model.mjs"),
    `import { threadId } from "node:worker_threads";
     export default {
       inputs: { wait: { datatype: "INT32", shape: [1] } },
       outputs: { thread: { datatype: "INT32", shape: [1] } },
       load: () => threadId,
       async predict({ wait }, thread) {
         await new Promise((resolve) => setTimeout(resolve, wait.data[0]));
         return { thread: Int32Array.of(thread) };
       },
     };`,
  );
  writeFileSync(join(folder.path, "bundle.yaml"), "model: model.mjs\ninstances: { count: 3 }\n");
  const paths = [folder.path];
  await using host = createModelHost({ paths, isolateTrials: false, allowCode: true });
  await host.registry.sync(false);
  const [model] = host.registry.served();
  const threads = new Set<number>();
  for (let round = 0; round < 20 && threads.size < 3; round++) {
    const wait: Tensor = { datatype: "INT32", shape: [1], data: Int32Array.of(100) };
    const calls = Array.from({ length: 9 }, () =>
      model!.infer({ inputs: new Map([["wait", wait]]) }, {}),
    );
    for (const { outputs } of await Promise.all(calls))
      threads.add((outputs.get("thread")!.data as Int32Array)[0]!);
  }
  assert.equal(threads.size, 3);
});

test("a program that waits for an answer does not end before it, and ends after it", () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "subject.mjs");
  writeFileSync(
    file,
    `export default {
       inputs: { x: { datatype: "INT32", shape: [1] } },
       outputs: { y: { datatype: "INT32", shape: [1] } },
       predict: ({ x }) => (x.data[0] === 3 ? process.exit(3) : { y: x.data }),
     };`,
  );
  const program = `
    import { openModel } from ${JSON.stringify(import.meta.resolve("longshore"))};
    const model = await openModel(${JSON.stringify(file)});
    await model.infer({ x: Int32Array.of(3) }).catch((error) => console.log(error.message));
    console.log((await model.infer({ x: Int32Array.of(8) })).y.data[0]);`;
  const printed = execFileSync(
    process.execPath,
    ["--conditions=longshore-source", "--input-type=module", "--eval", program],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.match(printed, /could not compute this request: .*exit code 3.*\n8\n$/);
});

function countsOf(model: ServedModel): { executions: number; inferences: number } {
  const { executionCount, inferenceCount } = model.stats;
  return { executions: executionCount, inferences: inferenceCount };
}
