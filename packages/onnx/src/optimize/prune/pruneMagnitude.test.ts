import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { network, randomTensor } from "../../../../../test/support/network.ts";
import { runModel } from "../../../../../test/support/ort.ts";
import { graph, model, node, tensor, tensorType } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { floatsOf } from "../../graph/tensorData.ts";
import { joinChunks, writeModel } from "../../model.ts";
import type { Model } from "../../proto/types.ts";
import { pruneMagnitude } from "./pruneMagnitude.ts";

function sampleNetwork(): Model {
  const net = network(1);
  const x = net.op("Relu", [net.conv("x", 3, 8, 3)]);
  const flat = net.op("Flatten", [net.op("GlobalAveragePool", [x])]);
  return net.toModel({ x: ["N", 3, 6, 6] }, [net.gemm(flat, 8, 4)]);
}

const zeros = (values: Float32Array): number => values.filter((value) => value === 0).length;

test("the smallest weights of each layer become zero, biases stay", async () => {
  const original = sampleNetwork();
  const bytes = joinChunks(writeModel(original));
  const { model: pruned, changes, skipped } = pruneMagnitude(original, { sparsity: 0.75 });
  assert.deepEqual(changes, [
    'Conv "conv0": 162 of 216 weights are zero',
    'Gemm "gemm4": 24 of 32 weights are zero',
  ]);
  assert.deepEqual(skipped, []);
  for (const [index, { dims, ...constant }] of pruned.graph.initializers.entries()) {
    const before = floatsOf(original.graph.initializers[index]!);
    const after = floatsOf({ dims, ...constant });
    const count = dims.length === 1 ? 0 : before.length * 0.75;
    assert.equal(zeros(after), count);
    const limit = before.map(Math.abs).toSorted()[count]!;
    assert.deepEqual(
      after,
      before.map((value) => (count > 0 && Math.abs(value) < limit ? 0 : value)),
    );
  }
  assert.deepEqual(joinChunks(writeModel(original)), bytes);
  assert.deepEqual(checkGraph(pruned), []);
  await runModel(pruned, { x: randomTensor(Math.random, [1, 3, 6, 6]) });
});

test("zeros make a smaller file only when it is compressed", () => {
  const net = network(2);
  const original = net.toModel({ x: ["N", 256] }, [net.gemm("x", 256, 256)]);
  const size = (from: Model, pack = (bytes: Uint8Array) => bytes): number =>
    pack(joinChunks(writeModel(from))).byteLength;
  const pruned = pruneMagnitude(original, { sparsity: 0.9 }).model;
  assert.equal(size(pruned), size(original));
  const ratio = size(original, gzipSync) / size(pruned, gzipSync);
  assert.ok(ratio > 4, `compressed, it is ${ratio} times smaller`);
});

test("weights in a Constant node, in half precision, and on the left are pruned", () => {
  const vector = { name: "x", datatype: "FP16", shape: [4, "N"] } as const;
  const half = tensor("w", "FP16", [2, 4], Uint16Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  const original = model({
    inputs: [vector],
    outputs: [{ ...vector, name: "y", shape: [2, "N"] }],
    nodes: [node("Constant", [], ["w"], { value: half }), node("MatMul", ["w", "x"], ["y"])],
  });
  const pruned = pruneMagnitude(original, { sparsity: 0.5 }).model;
  const value = pruned.graph.nodes[0]!.attributes[0]!.t!;
  assert.deepEqual(floatsOf(value).map(Math.sign), Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1));
});

test("weights that several layers share, some of them in a branch, are pruned once", () => {
  const out = { name: "b", type: tensorType("FP32") };
  const branch = (name: string) =>
    graph({
      inputs: [],
      outputs: [{ ...out, name }],
      nodes: [node("MatMul", ["x", "w"], [name])],
    });
  const branches = { then_branch: branch("t"), else_branch: branch("e") };
  const original = model({
    inputs: [
      { name: "x", datatype: "FP32", shape: ["N", 2] },
      { name: "c", datatype: "BOOL", shape: [] },
    ],
    outputs: [{ name: "y", type: tensorType("FP32") }],
    initializers: [tensor("w", "FP32", [2, 2], Float32Array.of(4, 1, 3, 2))],
    nodes: [node("If", ["c"], ["b"], branches), node("MatMul", ["b", "w"], ["y"])],
  });
  const { model: pruned, changes, skipped } = pruneMagnitude(original, { sparsity: 0.5 });
  assert.equal(changes.length, 1);
  assert.deepEqual(skipped, []);
  assert.deepEqual(pruned.graph.initializers.length, 1);
  assert.deepEqual(floatsOf(pruned.graph.initializers[0]!), Float32Array.of(4, 0, 3, 0));
});

test("what cannot be pruned stays, and is told", () => {
  const square = (name: string) => ({ name, datatype: "FP32", shape: [2, 2] }) as const;
  const overridable = tensor("w", "FP32", [2, 2], Float32Array.of(4, 1, 3, 2));
  const sparse = tensor("s", "FP32", [2, 2], Float32Array.of(0, 1, 0, 2));
  const external = { name: "e", dims: [2, 2], dataType: 1, dataLocation: 1 };
  const original = model({
    inputs: [square("x"), square("w")],
    outputs: [square("y")],
    initializers: [overridable, sparse, external, { ...overridable, name: "k" }],
    nodes: [
      node("MatMul", ["x", "w"], ["a"]),
      node("MatMul", ["a", "s"], ["b"]),
      node("MatMul", ["b", "e"], ["c"]),
      node("MatMul", ["c", "k"], ["y"]),
    ],
  });
  const result = pruneMagnitude(original, { sparsity: 0.5, keep: new Set(["y"]) });
  assert.equal(result.model, original);
  assert.deepEqual(
    result.skipped.map(({ node: label, reason }) => `${label}: ${reason}`),
    [
      "a: its weights are not constant",
      "b: as many of its weights are zero already",
      "c: its weights are in another file, and not loaded",
    ],
  );
});

test("a sparsity beyond all weights is an error", () => {
  assert.throws(() => pruneMagnitude(sampleNetwork(), { sparsity: 1.5 }), RangeError);
});
