import assert from "node:assert/strict";
import { test } from "node:test";
import { buildResnet50 } from "../../../../bench/resnet50.ts";
import { graph, model, node, tensor, type AttributeValue } from "../build.ts";
import { inspect } from "../inspect.ts";
import type { Model, TensorProto } from "../proto/types.ts";
import { operatorCosts, type OperatorCost } from "./operatorCosts.ts";

const weights = (name: string, dims: readonly number[]): TensorProto =>
  tensor(name, "FP32", dims, new Float32Array(dims.reduce((a, b) => a * b, 1)));

function sum(costs: readonly OperatorCost[], key: "macs" | "flops" | "parameters"): number {
  return costs.reduce((total, cost) => total + cost[key]!, 0);
}

test("ResNet-50 takes 4.1 billion multiply-accumulates for an image of 224 × 224", () => {
  // 4.09 without biases, as torchvision and the common counters have it.
  const costs = operatorCosts(buildResnet50(() => 0.5));
  assert.equal(sum(costs, "macs"), 4_089_184_256);
  assert.equal(sum(costs, "parameters"), 25_530_472);
  assert.equal(
    sum(
      operatorCosts(
        buildResnet50(() => 0.5),
        { N: 4 },
      ),
      "macs",
    ),
    4 * 4_089_184_256,
  );
});

/** Multiply-accumulates, or operations on numbers where there are none, counted by hand. */
const COUNTS: readonly {
  readonly operator: string;
  readonly inputs: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly macs?: number;
  readonly flops: number;
}[] = [
  // 2 × 8 × 4 × 4 results of 3 × 9 products.
  {
    operator: "Conv",
    inputs: [
      [2, 3, 6, 6],
      [8, 3, 3, 3],
    ],
    macs: 6912,
    flops: 13_824,
  },
  // Each filter sees one channel.
  {
    operator: "Conv",
    inputs: [
      [1, 4, 5, 5],
      [4, 1, 3, 3],
    ],
    attributes: { group: 4 },
    macs: 4 * 9 * 9,
    flops: 648,
  },
  // Each of the 3 × 16 inputs is spread over 5 filters of 4.
  {
    operator: "ConvTranspose",
    inputs: [
      [1, 3, 4, 4],
      [3, 5, 2, 2],
    ],
    macs: 960,
    flops: 1920,
  },
  {
    operator: "MatMul",
    inputs: [
      [2, 5, 7],
      [7, 3],
    ],
    macs: 210,
    flops: 420,
  },
  {
    operator: "Gemm",
    inputs: [
      [7, 5],
      [3, 7],
    ],
    attributes: { transA: 1, transB: 1 },
    macs: 105,
    flops: 210,
  },
  {
    operator: "Einsum",
    inputs: [
      [2, 5, 7],
      [7, 3],
    ],
    attributes: { equation: "bth,hk->btk" },
    macs: 210,
    flops: 420,
  },
  // Four gates of 6 units over 4 features and 6 units, 5 times for 2 rows.
  {
    operator: "LSTM",
    inputs: [
      [5, 2, 4],
      [1, 24, 4],
      [1, 24, 6],
    ],
    macs: 2400,
    flops: 4800,
  },
  {
    operator: "Attention",
    inputs: [
      [1, 2, 3, 4],
      [1, 2, 5, 4],
      [1, 2, 5, 6],
    ],
    macs: 2 * 3 * 5 * (4 + 6),
    flops: 600,
  },
  {
    operator: "MaxPool",
    inputs: [[1, 2, 4, 4]],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    flops: 32,
  },
  { operator: "GlobalAveragePool", inputs: [[1, 2, 4, 4]], flops: 32 },
  { operator: "Relu", inputs: [[3, 4]], flops: 12 },
  { operator: "Add", inputs: [[3, 4], [4]], flops: 12 },
  { operator: "Softmax", inputs: [[3, 4]], flops: 60 },
  { operator: "Transpose", inputs: [[3, 4]], flops: 0 },
];

test("what operators calculate, counted by hand", () => {
  for (const { operator, inputs, attributes = {}, macs = 0, flops } of COUNTS) {
    const names = inputs.map((_, index) => `x${index}`);
    const made = model({
      opset: { "": 23 },
      inputs: inputs.map((shape, index) => ({ name: names[index]!, datatype: "FP32", shape })),
      outputs: [{ name: "y" }],
      nodes: [node(operator, names, ["y"], attributes)],
    });
    const [cost] = operatorCosts(made);
    assert.deepEqual([cost?.macs, cost?.flops], [macs, flops], operator);
  }
});

/** Two products with the same weights, in a branch too, around an operator that nobody knows. */
function shared(): Model {
  return model({
    opset: { "": 17, "no.such": 1 },
    inputs: [
      { name: "x", datatype: "FP32", shape: ["N", 4] },
      { name: "c", datatype: "BOOL", shape: [] },
    ],
    outputs: [{ name: "z", type: { tensorType: { elemType: 1 } } }],
    initializers: [weights("w", [4, 4])],
    nodes: [
      node("MatMul", ["x", "w"], ["y"]),
      node("If", ["c"], ["b"], {
        then_branch: graph({
          inputs: [],
          outputs: [{ name: "t" }],
          nodes: [node("MatMul", ["y", "w"], ["t"])],
        }),
        else_branch: graph({
          inputs: [],
          outputs: [{ name: "e" }],
          nodes: [node("Neg", ["y"], ["e"])],
        }),
      }),
      node("Thing", ["b"], ["z"], {}, "no.such"),
    ],
  });
}

test("shared constants count once, branches count, and what is not known is not made up", () => {
  const costs = operatorCosts(shared(), { N: 3 });
  assert.deepEqual(
    costs.map(({ operator, macs, parameters, activationBytes }) => [
      operator,
      macs,
      parameters,
      activationBytes,
    ]),
    [
      ["MatMul", 48, 16, 48],
      ["If", 0, 0, 48],
      ["MatMul", 48, 0, 48],
      ["Neg", 0, 0, 48],
      ["no.such.Thing", undefined, 0, undefined],
    ],
  );
});

test("inspect adds costs up by operator, and says how many nodes are left out", () => {
  const { costs, operators } = inspect(shared());
  assert.deepEqual(costs, {
    macs: 32,
    flops: 68,
    withoutFlops: 1,
    activationBytes: 64,
    withoutActivation: 1,
  });
  const product = operators.find(({ operator }) => operator === "MatMul")!;
  assert.deepEqual([product.count, product.macs, product.parameters], [2, 32, 16]);
});
