import assert from "node:assert/strict";
import { test } from "node:test";
import { network } from "../../../../../test/support/network.ts";
import { optimizedByOrt, runModel } from "../../../../../test/support/ort.ts";
import {
  calibratedSample,
  closeness,
  firstOutput,
  operatorsOf,
  producer,
  quantize,
} from "../../../../../test/support/staticInt8.ts";
import { tensor } from "../../build.ts";
import { floatsOf, integersOf } from "../../graph/tensorData.ts";
import type { Model, TensorProto } from "../../proto/types.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

function constant({ graph: { initializers } }: Model, name: string | undefined): TensorProto {
  return initializers.find((initializer) => initializer.name === name)!;
}

/** Scale of the QuantizeLinear or DequantizeLinear that makes a value. */
function scaleOf(quantized: Model, value: string | undefined): number {
  return floatsOf(constant(quantized, producer(quantized, value)?.inputs[1]))[0]!;
}

test("the given model is not changed, and is given back where nothing can be done", async () => {
  const net = network(1);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.op("Abs", [net.op("Exp", ["x"])])]);
  const result = await quantize(original);
  assert.equal(result.model, original);
  assert.deepEqual([result.changes, result.skipped], [[], []]);
});

test("an Add that others look behind, or that adds axes, is not merged with its product", async () => {
  for (const dims of [[8], [1, 1, 1, 1, 8]]) {
    const net = network(18);
    const product = net.op("MatMul", ["x", net.weights([8, 8], 0.5)]);
    const sum = net.op("Add", [product, net.weights(dims, 0.5)]);
    const outputs = dims.length === 1 ? [sum, product] : [sum];
    const original = net.toModel({ x: ["N", 4, 8, 8] }, outputs);
    const result = await quantize(original);
    assert.ok(operatorsOf(result.model).includes("MatMul"));
    assert.ok((await closeness(original, result)) > 35);
  }
});

test("what Relu makes is not negative, whatever range it was given", async () => {
  const net = network(19);
  const y = net.op("Relu", [net.conv("x", 4, 4, 3)]);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [y]);
  const one = { min: -1, max: 1 };
  const { model: quantized } = quantizeStatic(
    original,
    new Map([
      ["x", one],
      [y, one],
    ]),
  );
  const x = calibratedSample();
  assert.ok((await firstOutput(quantized, x)).every((value) => value >= 0));
});

test("what moves values has its input's scale, and Concat one for all", async () => {
  const net = network(2);
  const a = net.conv("x", 4, 4, 1);
  const b = net.op("MaxPool", [net.conv("x", 4, 4, 3)], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
  });
  const both = net.op("Concat", [a, b], { axis: 1 });
  const { model: quantized } = await quantize(
    net.toModel({ x: ["N", 4, 8, 8] }, [net.conv(both, 8, 4, 1)]),
  );
  const scales = [a, b, producer(quantized, b)!.inputs[0], both].map((value) =>
    scaleOf(quantized, value),
  );
  assert.equal(new Set(scales).size, 1);
});

test("a Concat of what is clamped and what is not keeps their scales apart", async () => {
  const net = network(3);
  const clamped = net.op("Relu", [net.conv("x", 4, 4, 1)]);
  const free = net.conv("x", 4, 4, 3);
  const y = net.conv(net.op("Concat", [clamped, free], { axis: 1 }), 8, 4, 1);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [y, clamped]);
  const result = await quantize(original);
  assert.notEqual(scaleOf(result.model, clamped), scaleOf(result.model, free));
  const x = calibratedSample();
  const rectified = (await runModel(result.model, { x })).get(clamped)!.data as Float32Array;
  assert.ok(rectified.every((value) => value >= 0));
  assert.ok((await closeness(original, result)) > 25);
});

test("a Clip whose bounds leave out 0, or that others look behind, stays a node", async () => {
  const net = network(4);
  const low = net.constant(tensor("low", "FP32", [], new Float32Array([0.1])));
  const away = net.op("Clip", [net.conv("x", 4, 4, 1), low]);
  const seen = net.conv(away, 4, 4, 1);
  const y = net.conv(net.op("Relu", [seen]), 4, 4, 1);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [y, seen]);
  const result = await quantize(original);
  assert.ok(operatorsOf(result.model).includes("Clip"));
  assert.ok(operatorsOf(result.model).includes("Relu"));
  assert.ok((await closeness(original, result)) > 25);
});

test("outputs of the model keep their names, also those that are read inside", async () => {
  const net = network(5);
  const inner = net.op("Relu", [net.conv("x", 4, 4, 3)]);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [inner, net.conv(inner, 4, 4, 3)]);
  const result = await quantize(original);
  assert.deepEqual(result.model.graph.outputs, original.graph.outputs);
  assert.deepEqual(operatorsOf(await optimizedByOrt(result.model, "extended")).toSorted(), [
    "DequantizeLinear",
    "DequantizeLinear",
    "QLinearConv",
    "QLinearConv",
    "QuantizeLinear",
  ]);
  assert.ok((await closeness(original, result)) > 30);
});

test("weights that two nodes share are shared as integers", async () => {
  const net = network(6);
  const weight = net.weights([4, 4, 1, 1], 1);
  const first = net.op("Conv", ["x", weight]);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.op("Conv", [first, weight])]);
  const result = await quantize(original);
  const int8 = result.model.graph.initializers.filter(
    ({ dataType, dims }) => dataType === 3 && dims.length === 4,
  );
  assert.equal(int8.length, 1);
  assert.ok((await closeness(original, result)) > 30);
});

test("a bias far beyond its channel's weights is not cut off", async () => {
  const net = network(7);
  const weight = net.constant(
    tensor("tiny", "FP32", [2, 4, 1, 1], new Float32Array(8).fill(1e-12)),
  );
  const bias = net.constant(tensor("bias", "FP32", [2], new Float32Array([3, -2])));
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.op("Conv", ["x", weight, bias])]);
  assert.ok((await closeness(original, await quantize(original))) > 40);
});

test("weights in 7 bits never add up to more than 16 bits hold, two at a time", async () => {
  const net = network(9);
  const y = net.gemm(net.op("Flatten", [net.conv("x", 4, 4, 3)]), 256, 4);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [y]);
  const result = await quantize(original, { reduceRange: true });
  const largest = result.model.graph.initializers
    .filter(({ dataType }) => dataType === 3)
    .map((weights) =>
      integersOf(weights).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    );
  assert.equal(Math.max(...largest), 64);
  assert.ok(2 * 255 * 64 < 2 ** 15);
  // One bit less of the weights costs 6 dB at most.
  const full = await closeness(original, await quantize(original));
  assert.ok((await closeness(original, result)) > full - 7);
});

test("for integer-only targets everything is int8 without zero points, in powers of two", async () => {
  const net = network(10);
  const first = net.op("Relu", [net.conv("x", 4, 8, 3)]);
  const up = net.op("Relu", [
    net.op("ConvTranspose", [first, net.weights([8, 2, 2, 2], 0.4), net.weights([4], 0.1)], {
      strides: [2, 2],
      group: 2,
      kernel_shape: [2, 2],
    }),
  ]);
  const six = net.constant(tensor("six", "FP32", [], new Float32Array([6])));
  const none = net.constant(tensor("none", "FP32", [], new Float32Array([0])));
  const clipped = net.op("Clip", [net.op("Add", [up, up]), none, six]);
  const y = net.gemm(net.op("Flatten", [net.op("GlobalAveragePool", [clipped])]), 4, 3);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [y]);
  const result = await quantize(original, { scales: "powerOfTwo" });
  assert.deepEqual(result.skipped, []);
  for (const { opType, inputs } of result.model.graph.nodes) {
    if (!/^(De)?QuantizeLinear$/i.test(opType)) continue;
    const scale = constant(result.model, inputs[1]);
    const zeroPoint = constant(result.model, inputs[2]);
    assert.deepEqual(scale.dims, []);
    assert.ok(Number.isInteger(Math.log2(floatsOf(scale)[0]!)), `${floatsOf(scale)[0]}`);
    assert.deepEqual(integersOf(zeroPoint), [0]);
    assert.ok([3, 6].includes(zeroPoint.dataType));
  }
  // Every activation passes a pair; ReLU stays where it was.
  assert.equal(operatorsOf(result.model).filter((name) => name === "QuantizeLinear").length, 7);
  assert.equal(operatorsOf(result.model).filter((name) => name === "Relu").length, 2);
  assert.ok((await closeness(original, result)) > 20);
});

test("an old opset is upgraded", async () => {
  const net = network(11);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.conv("x", 4, 4, 3)], 9);
  const result = await quantize(original);
  assert.match(result.changes[0]!, /opset 9 upgraded to 13/);
  assert.ok((await closeness(original, result)) > 35);
});

test("Split gives parts of its input's scale", async () => {
  const net = network(16);
  const sizes = net.constant(tensor("sizes", "INT64", [2], new BigInt64Array([6n, 2n])));
  const [first, second] = net.split(net.conv("x", 4, 8, 3), sizes);
  const y = net.op("Add", [net.conv(first, 6, 3, 1), net.conv(second, 2, 3, 1)]);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.conv(y, 3, 3, 1)]);
  const result = await quantize(original);
  assert.equal(scaleOf(result.model, first), scaleOf(result.model, second));
  const fused = operatorsOf(await optimizedByOrt(result.model, "extended"));
  assert.equal(fused.filter((name) => /^(De)?[Qq]uantizeLinear$/.test(name)).length, 2);
  assert.ok((await closeness(original, result)) > 30);
});
