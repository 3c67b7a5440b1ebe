import assert from "node:assert/strict";
import { test } from "node:test";
import { fromFloat16, toFloat16, toTypedArray, type Tensor } from "@longshore/core";
import { optimizedByOrt, runModel } from "../../../../../test/support/ort.ts";
import { graph, model, node, tensor } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { floatsOf } from "../../graph/tensorData.ts";
import { joinChunks, writeModel } from "../../model.ts";
import type { Model } from "../../proto/types.ts";
import { storeWeightsInFloat16 } from "./storeWeights.ts";

const WIDTH = 64;
const spec = { datatype: "FP32", shape: ["N", WIDTH] } as const;
const matrix = Float32Array.from({ length: WIDTH * WIDTH }, (_, index) => Math.sin(index) / 8);
const row = Float32Array.from({ length: WIDTH }, (_, index) => index);

/** Two products, one in a branch, by the same weights; a third by `other`. */
function layers(other: Float32Array = matrix): Model {
  const branch = (name: string, opType: string) =>
    graph({
      name,
      inputs: [],
      outputs: [{ name, ...spec }],
      nodes: [node(opType, opType === "MatMul" ? ["a", "w"] : ["a"], [name])],
    });
  return model({
    inputs: [{ name: "x", ...spec }],
    outputs: [{ name: "y", ...spec }],
    initializers: [
      tensor("w", "FP32", [WIDTH, WIDTH], matrix),
      tensor("other", "FP32", [WIDTH, WIDTH], other),
      tensor("bias", "FP32", [WIDTH], row),
      tensor("yes", "BOOL", [], new Uint8Array([1])),
    ],
    nodes: [
      node("MatMul", ["x", "w"], ["a"]),
      node("If", ["yes"], ["b"], {
        then_branch: branch("then", "MatMul"),
        else_branch: branch("else", "Neg"),
      }),
      node("Constant", [], ["c"], { value: tensor("", "FP32", [WIDTH, WIDTH], matrix) }),
      node("MatMul", ["b", "other"], ["d"]),
      node("MatMul", ["d", "c"], ["e"]),
      node("Add", ["e", "bias"], ["y"]),
    ],
  });
}

test("half the file, and what is computed is what rounded weights give", async () => {
  const before = layers();
  const { model: stored, changes, skipped } = storeWeightsInFloat16(before);
  assert.deepEqual(checkGraph(stored), []);
  assert.deepEqual(skipped, []);
  const saved = 3 * 2 * WIDTH * WIDTH;
  const small = matrix.filter((value) => Math.abs(value) < 2 ** -14 && value !== 0).length;
  assert.ok(small > 0);
  assert.deepEqual(changes, [
    `3 constants are stored in FP16: ${saved} bytes less`,
    `of ${3 * matrix.length} constant numbers, ${3 * small} lose bits below 2^-14 and 0 become 0`,
  ]);
  const bytes = (content: Model): number => joinChunks(writeModel(content)).byteLength;
  assert.ok(bytes(before) - bytes(stored) > saved * 0.98);

  const rounded = matrix.map((value) => fromFloat16(toFloat16(value)));
  const constants = before.graph.nodes.map((made) =>
    made.opType === "Constant"
      ? node("Constant", [], ["c"], { value: tensor("", "FP32", [WIDTH, WIDTH], rounded) })
      : made,
  );
  const expected = layers(rounded);
  expected.graph.initializers[0] = tensor("w", "FP32", [WIDTH, WIDTH], rounded);
  expected.graph.nodes = constants;
  const x: Tensor = { datatype: "FP32", shape: [1, WIDTH], data: row };
  const [a, b] = [await runModel(stored, { x }), await runModel(expected, { x })];
  assert.deepEqual(elements(a.get("y")!), elements(b.get("y")!));
});

test("ONNX Runtime widens all of it when it loads the model", async () => {
  const optimized = await optimizedByOrt(storeWeightsInFloat16(layers()).model, "basic");
  const operators = optimized.graph.nodes.map(({ opType }) => opType);
  assert.ok(!operators.includes("Cast"), operators.join());
});

test("what does not fit stays, and is told; what is small stays", () => {
  const large = matrix.with(7, -1e6);
  const { model: stored, skipped } = storeWeightsInFloat16(layers(large));
  assert.deepEqual(skipped, [
    { node: "other", opType: "Constant", reason: "holds 1000000, and FP16 ends at 65504" },
  ]);
  const kept = stored.graph.initializers.find(({ name }) => name === "other");
  assert.deepEqual(floatsOf(kept!), large);
  assert.ok(stored.graph.initializers.some(({ name }) => name === "bias"));
});

test("a model without weights to speak of is left alone", () => {
  const small = model({
    inputs: [{ name: "x", ...spec }],
    outputs: [{ name: "y", ...spec }],
    initializers: [tensor("bias", "FP32", [WIDTH], row)],
    nodes: [node("Add", ["x", "bias"], ["y"])],
  });
  assert.equal(storeWeightsInFloat16(small).model, small);
});

function elements({ datatype, data }: Tensor): number[] {
  return Array.from(toTypedArray(datatype, data), Number);
}
