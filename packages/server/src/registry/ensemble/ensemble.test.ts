/** Ensembles of real models, without a server around them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { InferRequest, LongshoreError, Tensor } from "@longshore/core";
import type { EnsembleSettings, EnsembleStep } from "@longshore/core/manifest";
import {
  around,
  differenceModel,
  ensembleOf,
  errorOf,
  floats,
  hostOf,
  request,
} from "../../../../../test/support/ensembleModels.ts";
import {
  affineModel,
  lookupModel,
  mixingModel,
  slowModel,
} from "../../../../../test/support/models.ts";
import type { ServedModel } from "../servedModel.ts";
import { computeEnsemble, type FindModel } from "./computeEnsemble.ts";

const DIAMOND: EnsembleSettings = {
  steps: [
    { model: "affine", inputs: { x: "in" }, outputs: { y: "left" } },
    { model: "affine", inputs: { x: "in" }, outputs: { y: "right" } },
    { model: "difference", inputs: { a: "left", b: "right" }, outputs: { y: "zero" } },
  ],
};

test("branches run at the same time, and tensors are handed on as they are", async () => {
  await using setup = await hostOf({ affine: affineModel(), difference: differenceModel() });
  let running = 0;
  let most = 0;
  const given: Tensor[] = [];
  const taken: Tensor[] = [];
  const find = around(setup.find, (_model, infer) => async (asked, context) => {
    most = Math.max(most, ++running);
    given.push(...asked.inputs.values());
    const response = await infer(asked, context);
    taken.push(...response.outputs.values());
    running--;
    return response;
  });
  const x = floats([1, 2], [1, 2]);
  const { outputs } = await ensembleOf(DIAMOND, find)(request({ in: x }), {});
  assert.deepEqual([...(outputs.get("zero")!.data as Float32Array)], [0, 0]);
  assert.equal(most, 2);
  assert.equal(given[0], x);
  assert.equal(given[1], x);
  assert.ok(given.includes(taken[0]!) && given.includes(taken[1]!), "the same objects");
  assert.equal(outputs.get("zero"), taken[2]);
});

test("an ensemble batches as far as all of its steps do, and large requests are split by them", async () => {
  await using setup = await hostOf({
    affine: affineModel(),
    difference: differenceModel(),
    mixing: mixingModel(),
  });
  const diamond = computeEnsemble("diamond", { ensemble: DIAMOND }, setup.find);
  assert.deepEqual([diamond.batching.batchable, diamond.batching.maxBatchSize], [true, 64]);
  const rows = 1000;
  const x = floats(
    [rows, 1],
    Array.from({ length: rows }, (_, row) => row),
  );
  const { outputs } = await diamond.infer(request({ in: x }), {});
  assert.deepEqual(outputs.get("zero")!.shape, [rows, 1]);
  const declared = computeEnsemble(
    "declared",
    { ensemble: DIAMOND, batching: { maxBatchSize: 8 } },
    setup.find,
  );
  assert.equal(declared.batching.maxBatchSize, 8);
  assert.deepEqual((await declared.infer(request({ in: x }), {})).outputs, outputs);
  const settings: EnsembleSettings = {
    steps: [
      { model: "affine", inputs: { x: "in" }, outputs: { y: "t" } },
      { model: "mixing", inputs: { x: "t" }, outputs: { y: "out" } },
    ],
  };
  const mixed = computeEnsemble("mixed", { ensemble: settings }, setup.find);
  assert.deepEqual([mixed.batching.batchable, mixed.batching.maxBatchSize], [false, 0]);
  assert.match(mixed.batching.reason, /^step 2 \("mixing"\) is not: rows influence each other/);
  const said = (enabled: boolean, ensemble: EnsembleSettings): unknown[] => {
    const { batching } = computeEnsemble("e", { ensemble, batching: { enabled } }, setup.find);
    return [
      batching.batchable,
      batching.maxBatchSize,
      batching.reason.startsWith("its settings say"),
    ];
  };
  assert.deepEqual(said(true, settings), [true, 64, true]);
  assert.deepEqual(said(false, DIAMOND), [false, 0, true]);
});

test("many branches listen to one caller without a warning", async (t) => {
  await using setup = await hostOf({ affine: affineModel() });
  const warn = t.mock.method(process, "emitWarning", () => undefined);
  const steps = Array.from({ length: 40 }, (_, index): EnsembleStep => {
    return { model: "affine", inputs: { x: "in" }, outputs: { y: `t${index}` } };
  });
  const { signal } = new AbortController();
  const infer = ensembleOf({ steps }, setup.find);
  const { outputs } = await infer(request({ in: floats([1, 1], [3]) }), { signal });
  assert.equal(outputs.size, 40);
  assert.equal(warn.mock.callCount(), 0);
});

test("a tensor between steps is let go of when its last reader has its answer", async () => {
  await using setup = await hostOf({ affine: affineModel() });
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const made: WeakRef<object>[] = [];
  const alive: number[] = [];
  const find = around(setup.find, (_model, infer) => async (asked, context) => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    alive.push(made.filter((ref) => ref.deref() !== undefined).length);
    const response = await infer(asked, context);
    for (const { data } of response.outputs.values())
      made.push(new WeakRef((data as Float32Array).buffer));
    return response;
  });
  const steps = Array.from({ length: 5 }, (_, index): EnsembleStep => {
    return { model: "affine", inputs: { x: `t${index}` }, outputs: { y: `t${index + 1}` } };
  });
  const x = floats([1000, 100], new Float32Array(100_000));
  const { outputs } = await ensembleOf({ steps }, find)(request({ t0: x }), {});
  assert.equal((outputs.get("t5")!.data as Float32Array)[0], 31);
  assert.ok(Math.max(...alive) <= 1, `alive when a step began: ${alive.join(", ")}`);
});

test("a failing step is named, keeps its code, and the other branch is given up", async () => {
  await using setup = await hostOf({ lookup: lookupModel(), slow: slowModel() });
  const settings: EnsembleSettings = {
    steps: [
      { model: "lookup", inputs: { index: "index" }, outputs: { value: "value" } },
      { model: "slow", inputs: { steps: "steps" }, outputs: { done: "done" } },
    ],
  };
  const failed = Promise.withResolvers<void>();
  const gaveUp = Promise.withResolvers<string>();
  const find = around(setup.find, (found, infer) => async (asked, context) => {
    // However the workers take turns, the other branch is still at it when this one fails.
    if (found.name === "slow") await failed.promise;
    try {
      return await infer(asked, context);
    } catch (error) {
      if (found.name === "slow") gaveUp.resolve((error as LongshoreError).code);
      // As late as one that was running: the ensemble has heard of the failure by then.
      else setImmediate(failed.resolve);
      throw error;
    }
  });
  const integers = (...values: bigint[]): Tensor => ({
    datatype: "INT64",
    shape: [values.length],
    data: BigInt64Array.from(values),
  });
  const infer = ensembleOf(settings, find);
  const inputs = { steps: integers(2000n), index: integers(1000n) };
  const error = await errorOf(infer(request(inputs), {}));
  assert.equal(error.code, "RUN_FAILED");
  assert.match(
    error.message,
    /^step 1 \("lookup"\): model "lookup" could not compute this request/,
  );
  assert.equal(await gaveUp.promise, "CANCELLED");
  const fine = await infer(request({ ...inputs, index: integers(3n) }), {});
  assert.deepEqual([...(fine.outputs.get("value")!.data as Float32Array)], [30]);
});

test("deadline and cancellation reach the step that runs, and no later one begins", async () => {
  await using setup = await hostOf({ slow: slowModel() });
  const asked: string[] = [];
  const find = around(setup.find, (found, infer) => (each, context) => {
    asked.push(found.name);
    return infer(each, context);
  });
  const infer = ensembleOf(
    {
      steps: [
        { model: "slow", inputs: { steps: "steps" }, outputs: { done: "again" } },
        { model: "slow", inputs: { steps: "again" }, outputs: { done: "done" } },
      ],
    },
    find,
  );
  const steps = (count: bigint): InferRequest =>
    request({ steps: { datatype: "INT64", shape: [1], data: BigInt64Array.of(count) } });
  const late = await errorOf(infer(steps(20_000n), { deadline: performance.now() + 20 }));
  assert.equal(late.code, "TIMEOUT");
  assert.match(late.message, /^step 1 \("slow"\): the request timed out/);
  const controller = new AbortController();
  const cancelled = infer(steps(20_000n), { signal: controller.signal });
  controller.abort();
  assert.equal((await errorOf(cancelled)).code, "CANCELLED");
  assert.deepEqual(asked, ["slow", "slow"], "one step of each");
  assert.equal(
    (await errorOf(infer(steps(1n), { signal: controller.signal }))).code,
    "CANCELLED",
    "before it began",
  );
});

test("tensors that do not fit are told with step and tensor", async () => {
  await using setup = await hostOf({ affine: affineModel(), mixing: mixingModel() });
  const infer = ensembleOf(
    {
      steps: [
        { model: "affine", inputs: { x: "in" }, outputs: { y: "t" } },
        { model: "mixing", inputs: { x: "t" }, outputs: { y: "out" } },
        { model: "affine", inputs: { x: "t" }, outputs: { y: "wide" } },
      ],
    },
    setup.find,
  );
  // The second step says that rows are 3 wide, which its producer leaves open.
  const wide = request({ in: floats([1, 2], [1, 2]) });
  const error = await errorOf(infer(wide, {}));
  assert.equal(error.code, "RUN_FAILED");
  assert.match(
    error.message,
    /its step 2 \("mixing"\) does not take \{ x: "t" \}: input "x": expected FP32\[-1,3\], got FP32\[1,2\]/,
  );
});

test("an ensemble opens though a model cannot compute for now, and is ready again with it", async () => {
  await using setup = await hostOf({ affine: affineModel(), difference: differenceModel() });
  let reason: string | undefined = "its code ended the thread";
  const real = setup.find("affine");
  const resting = Object.create(real, { unready: { get: () => reason } }) as ServedModel;
  const find: FindModel = (name) => (name === "affine" ? resting : setup.find(name));
  const compute = computeEnsemble("ensemble", { ensemble: DIAMOND }, find);
  assert.match(
    compute.unready!,
    /^step 1 \("affine"\): model "affine" is not ready: its code ended/,
  );
  const x = request({ in: floats([1, 1], [1]) });
  assert.equal((await errorOf(compute.infer(x, {}))).code, "MODEL_UNREADY");
  reason = undefined;
  assert.equal(compute.unready, undefined);
  assert.equal((await compute.infer(x, {})).outputs.size, 1);
});

test("sections that would have no effect are refused", async () => {
  await using setup = await hostOf({ affine: affineModel(), difference: differenceModel() });
  for (const [section, path] of [
    [{ model: "model.onnx" }, "model"],
    [{ instances: { count: 2 } }, "instances"],
    [{ batching: { maxQueueDelayMs: 5 } }, "batching.maxQueueDelayMs"],
    [{ queue: { maxLength: 5 } }, "queue"],
    [{ signature: { inputs: { in: { name: "x" } } } }, "signature.inputs.in.name"],
    [{ sequence: {} }, "sequence"],
  ] as const) {
    assert.throws(() => computeEnsemble("e", { ensemble: DIAMOND, ...section }, setup.find), {
      name: "EnsembleProblem",
      path: path.split("."),
    });
  }
});
