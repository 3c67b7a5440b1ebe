import assert from "node:assert/strict";
import { test } from "node:test";
import { cleaned, floats, int64, modelOf, operators } from "../../../../../test/support/clean.ts";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { node, tensor } from "../../build.ts";
import { cleanModel } from "./cleanModel.ts";

test("what depends on constants alone is calculated, small parts and large ones", async () => {
  const before = modelOf(["N", 600], {
    nodes: [
      node("Constant", [], ["c"], { value_floats: Float32Array.of(1, 2) }),
      node("ReduceSum", ["c"], ["k"], { keepdims: 0 }),
      node("Transpose", ["w"], ["t"], { perm: [1, 0] }),
      node("Mul", ["t", "k"], ["s"]),
      node("MatMul", ["x", "s"], ["y"]),
    ],
    initializers: [floats("w", [500, 600])],
  });
  const { model: clean, changes } = await cleaned(before, [3, 600]);
  assert.deepEqual(operators(clean), ["MatMul"]);
  assert.deepEqual(
    clean.graph.initializers.map(({ dims }) => dims),
    [[600, 500]],
  );
  assert.ok(changes.some((change) => change.startsWith("constants calculated in advance")));
});

test("what would make the model much larger stays", async () => {
  const before = modelOf([1, 1], {
    nodes: [
      node("ConstantOfShape", ["s"], ["huge"]),
      node("ReduceSum", ["huge"], ["sum"], { keepdims: 0 }),
      node("Cast", ["half"], ["w"], { to: 1 }),
      node("ReduceSum", ["w"], ["other"], { keepdims: 0 }),
      node("Add", ["x", "sum"], ["a"]),
      node("MatMul", ["a", "w"], ["b"]),
      node("Add", ["b", "other"], ["y"]),
    ],
    initializers: [
      int64("s", 1000, 1000),
      tensor("half", "FP16", [1, 300_000], new Uint16Array(300_000).fill(0x3c00)),
    ],
  });
  const { model: clean } = await cleaned(before, [1, 1]);
  assert.deepEqual(operators(clean), operators(before));
});

test("a weight that is read as it is, too, is not stored a second time transposed", async () => {
  const before = modelOf(["N"], {
    inputs: [{ name: "x", datatype: "INT64", shape: ["N"] }],
    nodes: [
      node("Gather", ["w", "x"], ["e"]),
      node("Transpose", ["w"], ["t"], { perm: [1, 0] }),
      node("MatMul", ["e", "t"], ["y"]),
    ],
    initializers: [floats("w", [3000, 200])],
  });
  const { model: clean } = await cleanModel(before, openRunnable);
  assert.deepEqual(operators(clean), operators(before));
});

test("random numbers are drawn in each run, and quantised weights stay small", async () => {
  const before = modelOf([4], {
    nodes: [
      node("RandomNormalLike", ["w"], ["r"]),
      node("DequantizeLinear", ["q", "w0"], ["d"]),
      node("Mul", ["r", "d"], ["a"]),
      node("Mul", ["a", "x"], ["y"]),
    ],
    initializers: [
      floats("w", [4]),
      tensor("w0", "FP32", [], Float32Array.of(0.5)),
      tensor("q", "INT8", [4], Int8Array.of(1, 2, 3, 4)),
    ],
  });
  const { model: clean } = await cleanModel(before, openRunnable);
  assert.deepEqual(operators(clean), operators(before));
});

test("a constant that the runtime cannot calculate stays, and the others do not", async () => {
  const before = modelOf([2], {
    nodes: [
      // There is no third element.
      node("Gather", ["w2", "two"], ["bad"]),
      node("Neg", ["w2"], ["good"]),
      node("Add", ["x", "good"], ["a"]),
      node("Add", ["a", "bad"], ["y"]),
    ],
    initializers: [floats("w2", [2]), int64("two", 2)],
  });
  const { model: clean, skipped } = await cleanModel(before, openRunnable);
  assert.deepEqual(operators(clean), ["Gather", "Add", "Add"]);
  assert.deepEqual(
    skipped.map(({ node: label }) => label),
    ["bad"],
  );
});

test("lengths that never differ are numbers, those that do are asked for", async () => {
  const before = modelOf(["N", 3, 4], {
    nodes: [
      node("Shape", ["x"], ["s"]),
      node("Gather", ["s", "zero"], ["n"]),
      node("Gather", ["s", "one"], ["c"]),
      node("Mul", ["c", "four"], ["rest"]),
      node("Concat", ["n", "rest"], ["target"], { axis: 0 }),
      node("Reshape", ["x", "target"], ["y"]),
    ],
    initializers: [int64("zero", 0), int64("one", 1), int64("four", 4)],
  });
  const { model: clean } = await cleaned(before, [2, 3, 4]);
  assert.deepEqual(operators(clean), ["Shape", "Gather", "Concat", "Reshape"]);
});

test("what the file says of inner shapes is not trusted", async () => {
  const traced = modelOf([4], {
    nodes: [node("NonZero", ["x"], ["a"]), node("Shape", ["a"], ["b"]), node("Abs", ["b"], ["y"])],
  });
  const shape = { dims: [{ dimValue: 1 }, { dimValue: 3 }] };
  const stated = [{ name: "a", type: { tensorType: { elemType: 7, shape } } }];
  const before = { ...traced, graph: { ...traced.graph, valueInfos: stated } };
  const { model: clean } = await cleaned(before, [4]);
  assert.deepEqual(operators(clean), ["NonZero", "Shape", "Abs"]);
});
