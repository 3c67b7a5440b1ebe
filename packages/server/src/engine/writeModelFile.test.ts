import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { model, node, readModel, tensor, type Model } from "@longshore/onnx";
import { loadModelFile } from "./loadModelFile.ts";
import { readModelFile } from "./modelFile.ts";
import { ort } from "./ort.ts";
import { writeModelFile } from "./writeModelFile.ts";

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "longshore-write-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** y = (x W) B + b, with weights of 4 KiB and 64 KiB and a small bias. */
function twoLayers(seed = 1): Model {
  const values = (count: number, step: number): Float32Array =>
    Float32Array.from({ length: count }, (_, at) => Math.sin(seed + at * step));
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 8] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 128] }],
    initializers: [
      tensor("W", "FP32", [8, 128], values(1024, 0.7)),
      tensor("B", "FP32", [128, 128], values(128 * 128, 0.3)),
      tensor("b", "FP32", [128], values(128, 1.1)),
    ],
    nodes: [
      node("MatMul", ["x", "W"], ["h"]),
      node("MatMul", ["h", "B"], ["p"]),
      node("Add", ["p", "b"], ["y"]),
    ],
  });
}

async function runFile(path: string): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(path);
  try {
    const x = new ort.Tensor(
      "float32",
      Float32Array.from({ length: 8 }, (_, at) => at),
      [1, 8],
    );
    return (await session.run({ x }))["y"]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

test("a model is written in one file, and read again as it was", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "model.onnx");
  const { files, bytes } = await writeModelFile(path, twoLayers());
  assert.deepEqual(files, [path]);
  assert.equal((await stat(path)).size, bytes);
  assert.deepEqual(readModel(await readFile(path)), twoLayers());
  assert.deepEqual(await readdir(folder.path), ["model.onnx"]);
});

test("a large model keeps its tensors in a second file, which ONNX Runtime and we read", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "model.onnx");
  const whole = join(folder.path, "whole.onnx");
  await writeModelFile(whole, twoLayers());
  const { files, bytes } = await writeModelFile(path, twoLayers(), { maxFileBytes: 10_000 });
  assert.equal(files.length, 2);
  assert.match(files[1]!, /model\.onnx\.[\da-f]{16}\.data$/);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  assert.deepEqual(sizes, [sizes[0], 4096 + 65_536]);
  assert.equal(sizes[0]! + sizes[1]!, bytes);
  const read = await readModelFile(path);
  assert.deepEqual(read.externalFiles, [files[1]]);
  assert.equal(read.bytes, bytes);
  assert.deepEqual(await runFile(path), await runFile(whole));
  assert.deepEqual(await loadModelFile(path), twoLayers());
});

test("a newer model of the name takes the place of the older one and its data", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "model.onnx");
  await writeFile(join(folder.path, "model.onnx.data"), "somebody else's");
  await writeModelFile(path, twoLayers(1), { maxFileBytes: 0 });
  const again = await writeModelFile(path, twoLayers(1), { maxFileBytes: 0 });
  const newer = await writeModelFile(path, twoLayers(2), { maxFileBytes: 0 });
  assert.notEqual(again.files[1], newer.files[1]);
  const left = (await readdir(folder.path)).map((name) => join(folder.path, name));
  assert.deepEqual(left.toSorted(), [...newer.files, `${path}.data`].toSorted());
  await writeModelFile(path, twoLayers(1));
  assert.deepEqual((await readdir(folder.path)).toSorted(), ["model.onnx", "model.onnx.data"]);
});

test("a write that fails leaves nothing behind", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "model.onnx");
  await mkdir(path);
  await assert.rejects(writeModelFile(path, twoLayers()));
  assert.deepEqual(await readdir(folder.path), ["model.onnx"]);
});

test("a model whose external data are not loaded is not written", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "model.onnx");
  await writeModelFile(path, twoLayers(), { maxFileBytes: 0 });
  const { model: bare } = await readModelFile(path);
  await assert.rejects(
    writeModelFile(join(folder.path, "copy.onnx"), bare),
    /copy\.onnx: its external data are not loaded/,
  );
});

test("many small tensors and empty ones are written whole", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "model.onnx");
  const many = model({
    inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
    initializers: Array.from({ length: 1500 }, (_, at) =>
      tensor(`t${at}`, "FP32", [at % 300], new Float32Array(at % 300).fill(at)),
    ),
    nodes: [node("Neg", ["x"], ["y"])],
  });
  await writeModelFile(path, many, { maxFileBytes: 0 });
  const loaded = await loadModelFile(path);
  assert.deepEqual(
    loaded.graph.initializers.map(({ dims, rawData }) => [dims, Buffer.from(rawData!)]),
    many.graph.initializers.map(({ dims, rawData }) => [dims, Buffer.from(rawData!)]),
  );
});
