import assert from "node:assert/strict";
import { test } from "node:test";
import { DATATYPES, type Tensor } from "@longshore/core";
import fc from "fast-check";
import { buildFeedForward } from "../../../../../bench/feedForward.ts";
import { createRandom } from "../../../../../bench/random.ts";
import { optimizedByOrt, runModel } from "../../../../../test/support/ort.ts";
import {
  buildProduct,
  plainProduct,
  productCases,
  type ProductCase,
} from "../../../../../test/support/products.ts";
import { float, model, node, tensor } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import { writeModel } from "../../model.ts";
import type { Graph, Model, Node, TensorProto } from "../../proto/types.ts";
import { subgraphs } from "../../walk.ts";
import { quantizeDynamic, type DynamicInt8Options } from "./quantizeDynamic.ts";

const all = { minElements: 0 } as const;

/** Every operator in a model, subgraphs included. */
function operators({ nodes }: Graph): string[] {
  return nodes.flatMap((each) => [each.opType, ...subgraphs(each).flatMap(operators)]);
}

function floats(tensor: Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}

/**
 * How far a product may be off, by element: activations by half a step of their range in 255,
 * weights by half a step of their column's, and FP32 by its last bits.
 */
function errorBound(
  left: Float32Array,
  right: Float32Array,
  rows: number,
  bound: number,
): (row: number, column: number) => number {
  const columns = right.length / rows;
  const step = (Math.max(0, ...left) - Math.min(0, ...left)) / 255;
  return (row, column) => {
    let [weights, activations, products, largest] = [0, 0, 0, 0];
    for (let k = 0; k < rows; k++) {
      const x = Math.abs(left[row * rows + k]!);
      const w = Math.abs(right[k * columns + column]!);
      weights += w;
      activations += x + step / 2;
      products += x * w;
      largest = Math.max(largest, w);
    }
    return (step / 2) * weights + (largest / bound / 2) * activations + 1e-5 * (products + 1);
  };
}

/** Whether a row is added to a vector, which gives a matrix. */
function gainsAxis({ opType, leading, columns, addend }: ProductCase): boolean {
  const row = addend === "row" || addend === "full";
  return opType === "MatMul" && leading.length === 0 && columns > 1 && row;
}

test("every form of product keeps within the error of 8-bit numbers", async () => {
  const cases = fc.record({ drawn: productCases(11), reduceRange: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(cases, async ({ drawn, reduceRange }) => {
      const built = buildProduct(drawn);
      const made = quantizeDynamic(built.model, { ...all, reduceRange });
      if (gainsAxis(drawn)) {
        assert.equal(made.model, built.model);
        return assert.match(made.skipped[0]!.reason, /would take for a bias/);
      }
      assert.deepEqual(made.skipped, []);
      assert.deepEqual(checkGraph(made.model), []);
      const left = operators(made.model.graph);
      assert.ok(!left.includes("MatMul") && !left.includes("Gemm"));
      const bound = errorBound(built.left, built.right, drawn.rows, reduceRange ? 64 : 127);
      for (const inputs of built.runs) {
        const exact = await runModel(built.model, inputs, { optimization: "disabled" });
        for (const optimization of ["disabled", "all"] as const) {
          const got = await runModel(made.model, inputs, { optimization });
          for (const name of built.products) {
            assert.deepEqual(got.get(name)!.shape, exact.get(name)!.shape);
            const reference = floats(exact.get(name));
            for (const [at, value] of floats(got.get(name)).entries()) {
              const row = Math.floor(at / drawn.columns) % (built.left.length / drawn.rows);
              const allowed = bound(row, at % drawn.columns);
              const error = Math.abs(value - reference[at]!);
              assert.ok(error <= allowed, `${name}[${at}] is off by ${error}, over ${allowed}`);
            }
          }
        }
      }
    }),
    { numRuns: 120 },
  );
});

/** FP32 weights of a layer of 64 to 48, the same each time. */
function weights(name = "w", dims: readonly number[] = [64, 48]): TensorProto {
  const random = createRandom(5);
  const count = dims.reduce((a, b) => a * b);
  const data = Float32Array.from({ length: count }, () => random() - 0.5);
  return tensor(name, "FP32", dims, data);
}

const x = { name: "x", datatype: "FP32", shape: ["N", 64] } as const;
const output = (name: string) => ({ name, datatype: "FP32", shape: ["N", 48] }) as const;

/** One product `y` of `x` and these weights, in these nodes. */
function layer(initializers: TensorProto[], nodes: Node[], opset = 17): Model {
  return model({ opset: { "": opset }, inputs: [x], outputs: [output("y")], initializers, nodes });
}

test("ONNX Runtime fuses a feed-forward stack down to one operator a product", async () => {
  const stack = buildFeedForward(createRandom(1), { layers: 2, width: 64, hidden: 128 });
  const { model: quantized, changes } = quantizeDynamic(stack);
  assert.deepEqual(changes, [
    'MatMul "block0.inner": weights in int8 per column, activations in 8 bits',
    'MatMul "block0.outer": weights in int8 per column, activations in 8 bits',
    'MatMul "block1.inner": weights in int8 per column, activations in 8 bits',
    'MatMul "block1.outer": weights in int8 per column, activations in 8 bits',
  ]);
  const product = "DynamicQuantizeMatMul";
  const fused = operators((await optimizedByOrt(quantized)).graph);
  assert.deepEqual(fused, [product, "Relu", product, product, "Relu", product]);
});

test("ONNX Runtime fuses every form of layer, in all opsets", async () => {
  const bias = tensor("b", "FP32", [48], new Float32Array(48).fill(0.5));
  const one = tensor("b", "FP32", [1], Float32Array.of(0.5));
  const gemm = (attributes = {}) => [node("Gemm", ["x", "w", "b"], ["y"], attributes)];
  const added = (...inputs: string[]) => [
    node("MatMul", ["x", "w"], ["p"]),
    node("Add", inputs, ["y"]),
  ];
  const forms: [TensorProto[], Node[]][] = [
    [[weights(), bias], gemm()],
    [[weights(), one], gemm({ alpha: float(0.5), beta: float(2) })],
    [[weights("w", [48, 64]), bias], gemm({ transB: 1 })],
    [[weights(), bias], added("p", "b")],
    [[weights(), bias], added("b", "p")],
  ];
  for (const [initializers, nodes] of forms)
    for (const opset of [11, 12, 13, 14, 17, 21]) {
      const { model: quantized } = quantizeDynamic(layer(initializers, nodes, opset), all);
      const fused = operators((await optimizedByOrt(quantized)).graph);
      assert.deepEqual(fused, ["DynamicQuantizeMatMul"], `${nodes[0]!.opType} of opset ${opset}`);
    }
});

test("products that share an activation share its quantisation", async () => {
  const attention = model({
    inputs: [x],
    outputs: [output("q"), output("k"), output("v")],
    initializers: ["q", "k", "v"].flatMap((name) => [
      weights(`${name}.w`),
      tensor(`${name}.b`, "FP32", [48], new Float32Array(48).fill(0.5)),
    ]),
    nodes: ["q", "k", "v"].flatMap((name) => [
      node("MatMul", ["x", `${name}.w`], [`${name}.p`]),
      node("Add", [`${name}.p`, `${name}.b`], [name]),
    ]),
  });
  const { model: quantized } = quantizeDynamic(attention, all);
  const written = operators(quantized.graph).filter((each) => each === "DynamicQuantizeLinear");
  assert.equal(written.length, 1);
  const fused = operators((await optimizedByOrt(quantized)).graph);
  const product = "MatMulIntegerToFloat";
  assert.deepEqual(fused, ["DynamicQuantizeLinear", product, product, product]);
});

test("weights that are shared, even with a branch, are stored once, and the floats are gone", async () => {
  const shared = buildProduct({ ...plainProduct, place: "branches", twice: true });
  const { model: quantized, changes } = quantizeDynamic(shared.model, all);
  assert.equal(changes.length, 3);
  const names = quantized.graph.initializers.map(({ name, dataType }) => [name, dataType]);
  const { INT8, FP32 } = DATATYPES;
  assert.deepEqual(names, [
    ["w_int8", INT8.onnx],
    ["w_scale", FP32.onnx],
  ]);
  const fused = operators((await optimizedByOrt(quantized)).graph);
  assert.deepEqual(fused.toSorted(), [
    "DynamicQuantizeMatMul",
    "DynamicQuantizeMatMul",
    "DynamicQuantizeMatMul",
    "If",
  ]);
});

test("weights in 7 bits use no more", () => {
  const { model: quantized } = quantizeDynamic(buildProduct(plainProduct).model, {
    ...all,
    reduceRange: true,
  });
  const stored = quantized.graph.initializers.find(({ name }) => name === "w_int8")!;
  const values = elementsOf(stored) as Int8Array;
  assert.equal(Math.max(...values.map(Math.abs)), 64);
});

test("nodes to keep stay as they are, and the given model as it was", () => {
  const before = (): Model => buildProduct({ ...plainProduct, twice: true }).model;
  const given = before();
  const {
    model: quantized,
    changes,
    skipped,
  } = quantizeDynamic(given, {
    ...all,
    keep: new Set(["z"]),
  });
  assert.deepEqual(changes, ['MatMul "y": weights in int8 per column, activations in 8 bits']);
  assert.deepEqual(skipped, []);
  assert.deepEqual(given, before());
  assert.ok(quantized.graph.nodes.some(({ opType }) => opType === "MatMul"));
  assert.ok(quantized.graph.initializers.some(({ name }) => name === "w"));
});

test("a stack of layers gets nearly four times smaller", () => {
  const stack = buildFeedForward(createRandom(1), { layers: 1, width: 512, hidden: 1024 });
  const bytes = (of: Model): number =>
    writeModel(of).reduce((sum, chunk) => sum + chunk.byteLength, 0);
  assert.ok(bytes(stack) / bytes(quantizeDynamic(stack).model) >= 3.9);
});

test("what cannot be quantised stays as it is, and is told with the reason", () => {
  const product = [node("MatMul", ["x", "w"], ["y"])];
  const odd = weights();
  new Float32Array(odd.rawData!.buffer)[7] = NaN;
  const wide = { name: "x", datatype: "FP32", shape: [1, 70_000] } as const;
  const elsewhere: TensorProto = { name: "w", dims: [64, 48], dataType: 1, dataLocation: 1 };
  const halves = tensor("w", "FP16", [64, 48], new Uint16Array(64 * 48));
  const doubles = tensor("w", "FP64", [64, 48], new Float64Array(64 * 48));
  const overridable = layer([weights()], product);
  overridable.graph.inputs.push({ name: "w" });
  const cases: [Model, DynamicInt8Options, RegExp][] = [
    [layer([weights("w", [1, 64, 48])], product), all, /^its weights have 3 axes, not two$/],
    [layer([weights("w", [64])], product), all, /^its weights have 1 axes, not two$/],
    [layer([halves], product), all, /^its weights are not FP32$/],
    [layer([doubles], product), all, /^its weights are not FP32$/],
    [layer([odd], product), all, /^it has weights that are infinite or not a number$/],
    [layer([elsewhere], product), all, /^its weights are in another file, and not loaded$/],
    [layer([{ ...weights(), dims: [0, 48] }], product), all, /^its weights are empty$/],
    [layer([weights()], product), {}, /^3072 weights are too few to gain from 8 bits$/],
    [layer([weights()], product, 10), all, /^opset 10 is too old; it takes 11$/],
    [layer([], [node("MatMul", ["x", "x"], ["y"])]), all, /^its right factor is not a constant$/],
    [overridable, all, /^its right factor is not a constant$/],
    [
      model({
        ...layer([], product).graph,
        inputs: [wide],
        initializers: [weights("w", [70_000, 1])],
      }),
      all,
      /^the sum of 70000 products may not fit in 32 bits$/,
    ],
    [
      layer(
        [weights("w", [64, 1]), tensor("b", "FP32", [48], new Float32Array(48))],
        [node("MatMul", ["x", "w"], ["p"]), node("Add", ["p", "b"], ["y"])],
      ),
      all,
      /^ONNX Runtime would take for a bias what is added to it, and is none$/,
    ],
  ];
  for (const [given, options, reason] of cases) {
    const { model: made, changes, skipped } = quantizeDynamic(given, options);
    assert.equal(made, given);
    assert.deepEqual(changes, []);
    assert.equal(skipped.length, 1);
    assert.equal(skipped[0]!.opType, "MatMul");
    assert.match(skipped[0]!.reason, reason);
  }
});
