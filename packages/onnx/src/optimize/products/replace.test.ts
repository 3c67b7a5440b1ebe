import assert from "node:assert/strict";
import { test } from "node:test";
import { runModel } from "../../../../../test/support/ort.ts";
import { float, graph, model, node, tensor } from "../../build.ts";
import type { Model } from "../../proto/types.ts";
import { replaceProducts, type Replacement } from "./replace.ts";

/** Keeps the numbers: each product becomes a MatMul by its weights as they are meant. */
const plain: Replacement = {
  change: "as MatMul",
  refuse: () => undefined,
  build(product, graph, constants) {
    const { weights, values, transposed, rows, columns, alpha, left, output } = product;
    const [name] = constants(product, () => {
      const meant = values.map((_, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        return alpha * values[transposed ? column * rows + row : at]!;
      });
      return [tensor(`${weights}_meant`, "FP32", [rows, columns], meant)];
    });
    graph.add(node("MatMul", [left, name!], [output]));
  },
};

/** Products of one square matrix in three forms, two of them alike. */
const forms: Model = model({
  inputs: [{ name: "x", datatype: "FP32", shape: [1, 2] }],
  outputs: ["a", "b", "c", "d"].map((name) => ({ name, datatype: "FP32", shape: [1, 2] })),
  initializers: [
    tensor("w", "FP32", [2, 2], Float32Array.of(1, 2, 3, 4)),
    tensor("bias", "FP32", [2], Float32Array.of(10, 20)),
  ],
  nodes: [
    node("MatMul", ["x", "w"], ["a"]),
    node("Gemm", ["x", "w", "bias"], ["b"], { beta: float(0.5) }),
    node("Gemm", ["x", "w"], ["c"], { transB: 1 }),
    node("Gemm", ["x", "w"], ["d"], { alpha: float(-1) }),
  ],
});

test("products share constants only if they mean the same by the weights", async () => {
  const { model: made, changes } = replaceProducts(forms, new Set(), plain);
  assert.deepEqual(changes, [
    'MatMul "a": as MatMul',
    'Gemm "b": as MatMul',
    'Gemm "c": as MatMul',
    'Gemm "d": as MatMul',
  ]);
  const names = made.graph.initializers.map(({ name }) => name);
  assert.deepEqual(names.toSorted(), ["bias_2", "w_meant", "w_meant_2", "w_meant_3"]);
  const x = { datatype: "FP32", shape: [1, 2], data: Float32Array.of(1, 10) } as const;
  const results = await runModel(made, { x });
  assert.deepEqual(
    Object.fromEntries([...results].map(([name, { data }]) => [name, [...(data as Float32Array)]])),
    {
      a: [31, 42],
      b: [36, 52],
      c: [21, 43],
      d: [-31, -42],
    },
  );
});

test("a model in which nothing changes is given back itself, dead nodes and all", () => {
  const { model: made, changes } = replaceProducts(forms, new Set(["a", "b", "c", "d"]), plain);
  assert.equal(made, forms);
  assert.deepEqual(changes, []);
});

test("what a Gemm adds is added, in every form, times its beta", async () => {
  const add = (name: string, beta: number) =>
    node("Gemm", ["x", "w", name], [`${name}_${beta}`], { beta: float(beta) });
  const square = { datatype: "FP32", shape: [2, 2] } as const;
  const nodes = ["row", "column", "one", "given"].flatMap((name) => [add(name, 1), add(name, 0.5)]);
  nodes.push(add("infinite", 0));
  const sums = model({
    inputs: [
      { name: "x", ...square },
      { name: "given", ...square },
    ],
    outputs: nodes.map(({ outputs }) => ({ name: outputs[0]!, ...square })),
    initializers: [
      tensor("w", "FP32", [2, 2], Float32Array.of(1, 0, 0, 1)),
      tensor("row", "FP32", [1, 2], Float32Array.of(10, 20)),
      tensor("column", "FP32", [2, 1], Float32Array.of(10, 20)),
      tensor("one", "FP32", [], Float32Array.of(10)),
      tensor("infinite", "FP32", [2], Float32Array.of(Infinity, NaN)),
    ],
    nodes,
  });
  const inputs = {
    x: { ...square, data: Float32Array.of(1, 2, 3, 4) },
    given: { ...square, data: Float32Array.of(10, 20, 30, 40) },
  };
  const { model: made, skipped } = replaceProducts(sums, new Set(), plain);
  assert.deepEqual(skipped, []);
  assert.ok(made.graph.nodes.every(({ opType }) => opType !== "Gemm"));
  assert.deepEqual(await runModel(made, inputs), await runModel(sums, inputs));
});

test("weights of the same name in two branches are not the same", async () => {
  const branch = (factor: number) =>
    graph({
      inputs: [],
      outputs: [{ name: `r${factor}`, datatype: "FP32", shape: [1, 2] }],
      initializers: [tensor("w", "FP32", [2, 2], Float32Array.of(factor, 0, 0, factor))],
      nodes: [node("MatMul", ["x", "w"], [`r${factor}`])],
    });
  const branches = model({
    inputs: [
      { name: "x", datatype: "FP32", shape: [1, 2] },
      { name: "which", datatype: "BOOL", shape: [] },
    ],
    outputs: [{ name: "y", datatype: "FP32", shape: [1, 2] }],
    nodes: [node("If", ["which"], ["y"], { then_branch: branch(2), else_branch: branch(3) })],
  });
  const { model: made } = replaceProducts(branches, new Set(), plain);
  const x = { datatype: "FP32", shape: [1, 2], data: Float32Array.of(1, 10) } as const;
  for (const which of [0, 1]) {
    const inputs = {
      x,
      which: { datatype: "BOOL", shape: [], data: Uint8Array.of(which) } as const,
    };
    assert.deepEqual(await runModel(made, inputs), await runModel(branches, inputs));
  }
});
