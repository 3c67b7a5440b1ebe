import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tensor } from "@longshore/core";
import fc from "fast-check";
import { buildFeedForward } from "../../../../../bench/feedForward.ts";
import { createRandom } from "../../../../../bench/random.ts";
import { dequantizeBlocks } from "../../../../../test/support/blocks.ts";
import { optimizedByOrt, runModel } from "../../../../../test/support/ort.ts";
import {
  buildProduct,
  plainProduct,
  productCases,
  type ProductCase,
} from "../../../../../test/support/products.ts";
import { model, node, tensor } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { intAttribute } from "../../graph/attributes.ts";
import { editModel } from "../../graph/editor.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import { writeModel } from "../../model.ts";
import type { Model, Node, TensorProto } from "../../proto/types.ts";
import { quantizeWeights, type WeightOnlyOptions } from "./quantizeWeights.ts";

const int4 = { bits: 4, blockSize: 32, symmetric: true } as const;

const format = fc.record({
  bits: fc.constantFrom(4 as const, 8 as const),
  blockSize: fc.constantFrom(32 as const, 128 as const),
  symmetric: fc.boolean(),
});

function floats(tensor: Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}

/** The same model with a plain MatMul by what the blocks stand for in the place of MatMulNBits. */
function dequantized(quantized: Model): Model {
  return editModel(quantized, (graph) => {
    for (const product of graph.nodes) {
      if (product.opType !== "MatMulNBits") continue;
      const [rows, columns, bits, blockSize] = ["K", "N", "bits", "block_size"].map((name) =>
        intAttribute(product, name, 0),
      ) as [number, number, number, number];
      const [left, codes, scales, zeroPoints] = product.inputs;
      const read = (name: string): ArrayBufferView => elementsOf(graph.constant(name)!);
      const stored = {
        codes: read(codes!) as Uint8Array,
        scales: read(scales!) as Float32Array,
        zeroPoints: zeroPoints === undefined ? undefined : (read(zeroPoints) as Uint8Array),
      };
      const byColumn = dequantizeBlocks(stored, columns, rows, { bits, blockSize });
      const weights = byColumn.map(
        (_, at) => byColumn[(at % columns) * rows + Math.floor(at / columns)]!,
      );
      const name = graph.addConstant(tensor("dequantized", "FP32", [rows, columns], weights));
      graph.replace(product, node("MatMul", [left!, name], [...product.outputs]));
    }
  });
}

/**
 * How far a product may be off, by element: because of the weights, half a step of their block, and
 * because the operator takes its left factor in int8 (accuracy level 4), half a step of its block.
 */
function errorBounds(
  { left, right, rows }: { left: Float32Array; right: Float32Array; rows: number },
  { bits, blockSize }: WeightOnlyOptions,
): (row: number, column: number) => { weights: number; activations: number } {
  const columns = right.length / rows;
  // Zero points or not, no step is wider than that of a range around 0 with the lowest code unused.
  const steps = 2 ** (bits - 1) - 1;
  return (row, column) => {
    const slack = { weights: 1e-5, activations: 1e-5 };
    for (let start = 0; start < rows; start += blockSize) {
      let [sumX, sumW, largestX, largestW] = [0, 0, 0, 0];
      for (let k = start; k < Math.min(start + blockSize, rows); k++) {
        const x = Math.abs(left[row * rows + k]!);
        const w = Math.abs(right[k * columns + column]!);
        [sumX, sumW] = [sumX + x, sumW + w];
        [largestX, largestW] = [Math.max(largestX, x), Math.max(largestW, w)];
        slack.weights += 1e-5 * x * w;
        slack.activations += 1e-5 * x * w;
      }
      const halfStep = largestW / steps / 2;
      slack.weights += halfStep * sumX;
      slack.activations += (largestX / 127 / 2) * (sumW + halfStep * blockSize);
    }
    return slack;
  };
}

test("every form of product keeps within the error of its numbers", async () => {
  const cases = fc.record({ drawn: productCases(7), options: format });
  await fc.assert(
    fc.asyncProperty(cases, async ({ drawn, options }) => {
      const built = buildProduct(drawn);
      const made = quantizeWeights(built.model, options);
      if (made.changes.length === 0) return assertTooSmall(made.skipped, drawn, options);
      assert.deepEqual(made.skipped, []);
      assert.deepEqual(checkGraph(made.model), []);
      const plain = dequantized(made.model);
      const bounds = errorBounds({ ...built, rows: drawn.rows }, options);
      for (const inputs of built.runs) {
        const exact = await runModel(built.model, inputs, { optimization: "disabled" });
        const rounded = await runModel(plain, inputs, { optimization: "disabled" });
        for (const optimization of ["disabled", "all"] as const) {
          const got = await runModel(made.model, inputs, { optimization });
          for (const name of built.products) {
            assert.deepEqual(got.get(name)!.shape, exact.get(name)!.shape);
            for (const [at, value] of floats(got.get(name)).entries()) {
              const row = Math.floor(at / drawn.columns) % (built.left.length / drawn.rows);
              const allowed = bounds(row, at % drawn.columns);
              const [reference, half] = [exact, rounded].map((run) => floats(run.get(name))[at]!);
              const errors = {
                weights: Math.abs(half! - reference!),
                activations: Math.abs(value - half!),
              };
              assert.ok(errors.weights <= allowed.weights, `${name}[${at}]: weights`);
              assert.ok(
                errors.activations <= allowed.activations,
                `${name}[${at}]: ${errors.activations} over ${allowed.activations}`,
              );
            }
          }
        }
      }
    }),
    { numRuns: 150 },
  );
});

function assertTooSmall(
  skipped: readonly { readonly reason: string }[],
  { rows }: ProductCase,
  { bits, blockSize }: WeightOnlyOptions,
): void {
  assert.ok(Math.ceil(rows / blockSize) * ((blockSize * bits) / 8 + 5) >= rows * 4);
  assert.match(skipped[0]!.reason, /would not make its \d+ rows smaller/);
}

test("ONNX Runtime takes the bias into the product", async () => {
  const stack = buildFeedForward(createRandom(1), { layers: 1, width: 64, hidden: 128 });
  const { model: quantized, changes } = quantizeWeights(stack, int4);
  assert.deepEqual(changes, [
    'MatMul "block0.inner": weights in 4 bits, symmetric blocks of 32',
    'MatMul "block0.outer": weights in 4 bits, symmetric blocks of 32',
  ]);
  const { nodes } = (await optimizedByOrt(quantized)).graph;
  assert.deepEqual(
    nodes.map(({ opType }) => opType),
    ["MatMulNBits", "Relu", "MatMulNBits"],
  );
});

test("weights that are shared, even with a branch, are stored once, and the floats are gone", () => {
  const shared = buildProduct({ ...plainProduct, place: "branches" });
  const asymmetric = { bits: 8, blockSize: 32, symmetric: false } as const;
  const { model: quantized, changes } = quantizeWeights(shared.model, asymmetric);
  assert.equal(changes.length, 3);
  assert.deepEqual(
    quantized.graph.initializers.map(({ name, dims }) => [name, dims]),
    [
      ["w_int8", [8, 1, 32]],
      ["w_int8_scale", [8, 1]],
      ["w_int8_zero_point", [8, 1]],
    ],
  );
});

test("nodes to keep stay as they are, and the given model as it was", () => {
  const before = (): Model => buildProduct({ ...plainProduct, twice: true }).model;
  const given = before();
  const { model: quantized, skipped } = quantizeWeights(given, { ...int4, keep: new Set(["z"]) });
  const operators = quantized.graph.nodes.map(({ opType }) => opType);
  assert.deepEqual(operators.toSorted(), ["MatMul", "MatMulNBits"]);
  assert.deepEqual(skipped, []);
  assert.deepEqual(given, before());
});

test("a stack of layers gets over seven times smaller in blocks of 128", () => {
  const stack = buildFeedForward(createRandom(1), { layers: 1, width: 512, hidden: 1024 });
  const bytes = (of: Model): number =>
    writeModel(of).reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const { model: quantized } = quantizeWeights(stack, { ...int4, blockSize: 128 });
  assert.ok(bytes(stack) / bytes(quantized) >= 7);
});

test("what cannot be quantised stays as it is, and is told with the reason", () => {
  const layer = (weights: TensorProto, product: Node, domains = {}): Model =>
    model({
      opset: { "": 17, ...domains },
      inputs: [{ name: "x", datatype: "FP32", shape: ["N", 64] }],
      outputs: [{ name: "y", datatype: "FP32", shape: ["N", 8] }],
      initializers: [weights],
      nodes: [product],
    });
  const weights = tensor("w", "FP32", [64, 8], new Float32Array(512));
  const halves = tensor("w", "FP16", [64, 8], new Uint16Array(512));
  const few = tensor("w", "FP32", [4, 8], new Float32Array(32));
  const product = node("MatMul", ["x", "w"], ["y"]);
  const cases: [Model, RegExp][] = [
    [layer(halves, product), /^its weights are not FP32$/],
    [layer(few, product), /^blocks of 32 would not make its 4 rows smaller$/],
    [layer(weights, node("MatMul", ["w", "x"], ["y"])), /^its right factor is not a constant$/],
    [
      layer(weights, product, { "com.microsoft": 2 }),
      /^the model imports version 2 of com.microsoft, not 1$/,
    ],
  ];
  for (const [given, reason] of cases) {
    const { model: made, changes, skipped } = quantizeWeights(given, int4);
    assert.equal(made, given);
    assert.deepEqual(changes, []);
    assert.equal(skipped.length, 1);
    assert.match(skipped[0]!.reason, reason);
  }
});
