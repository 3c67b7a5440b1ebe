import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SessionSettings } from "@longshore/core/manifest";
import { model, node, tensor, type Model } from "@longshore/onnx";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { examine } from "./examine.ts";
import { readMachine } from "./machine.ts";
import { readModelFile } from "./modelFile.ts";
import type { ModelLane } from "./lane.ts";
import { ort } from "./ort.ts";
import { Pool } from "./pool.ts";
import { openSession } from "./session.ts";
import { toOrtOptions } from "./sessionSettings.ts";

/** A convolution with what each level of optimisation makes something else of. */
function convolution(): Model {
  const weights = Float32Array.from({ length: 16 * 16 * 9 }, (_, index) => (index % 7) / 100);
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 16, 8, 8] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [1, 16, 8, 8] }],
    initializers: [tensor("w", "FP32", [16, 16, 3, 3], weights)],
    nodes: [
      node("Identity", ["x"], ["same"]),
      node("Conv", ["same", "w"], ["c"], { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
      node("Relu", ["c"], ["y"]),
    ],
  });
}

test("graphs are optimised as far as is wanted", async () => {
  using folder = temporaryFolder();
  const path = writeOnnx(join(folder.path, "model.onnx"), convolution());
  const operatorsAt = async (level: SessionSettings["graphOptimization"]): Promise<string[]> => {
    const written = join(folder.path, `${level}.onnx`);
    const session = level === undefined ? {} : { graphOptimization: level };
    const options = toOrtOptions({ path, intraOpThreads: 1, session });
    const opened = await ort.InferenceSession.create(path, {
      ...options,
      optimizedModelFilePath: written,
    });
    await opened.release();
    const { model: read } = await readModelFile(written);
    return read.graph.nodes.map(({ opType }) => opType);
  };
  assert.deepEqual(await operatorsAt("disabled"), ["Identity", "Conv", "Relu"]);
  assert.deepEqual(await operatorsAt("basic"), ["Conv", "Relu"]);
  assert.deepEqual(await operatorsAt("extended"), ["FusedConv"]);
  const all = await operatorsAt("all");
  assert.ok(all.length > 1 && !all.includes("FusedConv"), all.join());
  assert.deepEqual(await operatorsAt(undefined), all);
});

test("memory is kept for the next run, or given back", async () => {
  using folder = temporaryFolder();
  const bytes = 256 * 2 ** 20;
  // Makes that much of one number, and adds it up.
  const path = writeOnnx(
    join(folder.path, "model.onnx"),
    model({
      inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [] }],
      initializers: [tensor("shape", "INT64", [1], BigInt64Array.of(BigInt(bytes / 4)))],
      nodes: [
        node("Expand", ["x", "shape"], ["many"]),
        node("ReduceSum", ["many"], ["y"], { keepdims: 0 }),
      ],
    }),
  );
  const keptBy = async (memoryArena: boolean): Promise<number> => {
    const session = { memoryArena, graphOptimization: "disabled" as const };
    const opened = await openSession({ path, intraOpThreads: 1, edited: false, session });
    const before = process.memoryUsage.rss();
    await opened.run({ x: new ort.Tensor("float32", Float32Array.of(1), [1]) });
    const kept = process.memoryUsage.rss() - before;
    await opened.release();
    return kept;
  };
  assert.ok((await keptBy(false)) < bytes / 2);
  assert.ok((await keptBy(true)) > bytes / 2);
});

const noTasks = process.platform === "linux" ? false : "threads are counted in /proc";

test("threads are those that are wanted", { skip: noTasks }, async () => {
  using folder = temporaryFolder();
  const path = writeOnnx(join(folder.path, "model.onnx"), affineModel());
  const countThreads = (): number => readdirSync("/proc/self/task").length;
  const threadsOf = async (intraOpThreads: number, session: SessionSettings): Promise<number> => {
    const before = countThreads();
    const opened = await openSession({ path, intraOpThreads, edited: false, session });
    const threads = countThreads() - before;
    await opened.release();
    return threads;
  };
  await threadsOf(1, {}); // What starts with the first session stays.
  assert.equal(await threadsOf(1, {}), 0);
  assert.equal(await threadsOf(4, {}), 3);
  assert.equal(await threadsOf(1, { interOpThreads: 4 }), 0, "branches do not run in parallel");
  assert.equal(await threadsOf(1, { parallel: true }), 0);
  assert.ok((await threadsOf(1, { parallel: true, interOpThreads: 4 })) >= 3);
});

test("ONNX Runtime knows each option by its name", async () => {
  using folder = temporaryFolder();
  const path = writeOnnx(join(folder.path, "model.onnx"), affineModel());
  const options = toOrtOptions({ path, intraOpThreads: 1, session: { memoryPattern: false } });
  assert.equal(options.enableMemPattern, false);
  for (const name of Object.keys(options)) {
    const wrong = { ...options, [name]: Symbol("none") };
    await assert.rejects(ort.InferenceSession.create(path, wrong as never), Error, name);
  }
  const other = { ...options, noSuchOption: Symbol("none") };
  await (await ort.InferenceSession.create(path, other as never)).release();
});

test("entries reach ONNX Runtime, but for those of the server", async () => {
  using folder = temporaryFolder();
  const path = writeOnnx(join(folder.path, "model.onnx"), affineModel());
  const folderEntry = "session.model_external_initializers_file_folder_path";
  const { extra } = toOrtOptions({
    path,
    intraOpThreads: 1,
    session: { config: { "session.intra_op.allow_spinning": "1", [folderEntry]: "/etc" } },
  });
  assert.deepEqual(extra, {
    "session.intra_op.allow_spinning": "1",
    [folderEntry]: folder.path,
  });
  // Of this format, the file is none.
  const session = { config: { "session.load_model_format": "ORT" } };
  const opening = openSession({ path, intraOpThreads: 1, edited: false, session });
  await assert.rejects(opening, /ORT|format|verif/i);
  await assert.rejects(examine(path, { session }), /ORT|format|verif/i);

  const { signature, exchange } = await examine(path);
  const pool = new Pool(readMachine());
  const placement = pool.place({ runMs: 1, bytes: 1 });
  const source = {
    name: "m",
    lanes: new Set<ModelLane>(),
    available: () => 0,
    take: () => undefined,
  };
  const about = { path, intraOpThreads: 1, signature, exchange, edited: false };
  await pool.open(placement, source, about);
  await pool.release(placement, source);
  await assert.rejects(pool.open(placement, source, { ...about, session }), /ORT|format|verif/i);
  await pool.close();
});
