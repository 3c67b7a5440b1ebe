/** ONNX Runtime makes integer kernels of everything that was quantised. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tensor } from "@longshore/core";
import { network, randomSamples, type Network } from "../../../../../test/support/network.ts";
import { openRunnable, optimizedByOrt, runModel } from "../../../../../test/support/ort.ts";
import { tensor } from "../../build.ts";
import type { Model } from "../../proto/types.ts";
import { calibrate } from "../calibrate/calibrate.ts";
import { sqnr } from "../quantize/sqnr.ts";
import type { StaticInt8Options } from "./options.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

/**
 * What is normally distributed and cut off at four deviations keeps 41 dB in 8 bits
 * (12 · 255² / 8²). Each of the roundings on the way adds as much noise: ten of them leave 31 dB, of
 * which 6 are for networks whose last layers cancel out much of the signal.
 */
const FLOOR = 25;

interface Quantized {
  readonly operators: readonly string[];
  /** Of the first output, on the samples that it was calibrated with. */
  readonly decibels: number;
}

async function quantized(
  model: Model,
  shape: readonly number[],
  options: StaticInt8Options = {},
): Promise<Quantized> {
  const samples = randomSamples(7, shape, 3);
  const ranges = await calibrate(model, samples, openRunnable);
  const result = quantizeStatic(model, ranges, options);
  assert.deepEqual(result.skipped, []);
  const fused = await optimizedByOrt(result.model, "extended");
  const inputs = Object.fromEntries(samples.list[0]!);
  const floats = async (which: Model): Promise<Float32Array> => {
    const [first] = (await runModel(which, inputs)).values();
    return (first as Tensor).data as Float32Array;
  };
  return {
    operators: fused.graph.nodes.map(({ opType }) => opType).toSorted(),
    decibels: sqnr(await floats(model), await floats(result.model)),
  };
}

/** Two convolutions and what is added to them, ReLU behind each. */
function residual(net: Network, x: string, from: number, to: number, stride: number): string {
  const first = net.op("Relu", [net.conv(x, from, to, 3, { stride })]);
  const second = net.conv(first, to, to, 3);
  const shortcut = from === to && stride === 1 ? x : net.conv(x, from, to, 1, { stride });
  return net.op("Relu", [net.op("Add", [second, shortcut])]);
}

test("a ResNet", async () => {
  const net = network(1);
  let x = net.op("Relu", [net.conv("x", 3, 8, 7, { stride: 2 })]);
  x = net.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  x = residual(net, residual(net, x, 8, 8, 1), 8, 16, 2);
  x = net.gemm(net.op("Flatten", [net.op("GlobalAveragePool", [x])]), 16, 5);
  const { operators, decibels } = await quantized(
    net.toModel({ x: ["N", 3, 32, 32] }, [x]),
    [2, 3, 32, 32],
  );
  assert.deepEqual(operators, [
    "Flatten",
    "MaxPool",
    "QGemm",
    "QLinearAdd",
    "QLinearAdd",
    ...Array<string>(6).fill("QLinearConv"),
    "QLinearGlobalAveragePool",
    "QuantizeLinear",
  ]);
  assert.ok(decibels > FLOOR, `${decibels} dB`);
});

/** Depthwise-separable convolutions with a linear bottleneck and ReLU6. */
test("a MobileNet", async () => {
  const net = network(2);
  const six = net.constant(tensor("six", "FP32", [], new Float32Array([6])));
  const zero = net.constant(tensor("zero", "FP32", [], new Float32Array([0])));
  const relu6 = (x: string): string => net.op("Clip", [x, zero, six]);
  const block = (x: string, from: number, to: number, stride: number): string => {
    const wide = relu6(net.conv(x, from, from * 4, 1));
    const deep = relu6(net.conv(wide, from * 4, from * 4, 3, { stride, group: from * 4 }));
    const narrow = net.conv(deep, from * 4, to, 1);
    return from === to && stride === 1 ? net.op("Add", [x, narrow]) : narrow;
  };
  let x = relu6(net.conv("x", 3, 8, 3, { stride: 2 }));
  x = block(block(block(x, 8, 8, 1), 8, 16, 2), 16, 16, 1);
  x = net.op("GlobalAveragePool", [relu6(net.conv(x, 16, 32, 1))]);
  const shape = net.constant(tensor("shape", "INT64", [2], new BigInt64Array([0n, -1n])));
  x = net.gemm(net.op("Reshape", [x, shape]), 32, 5);
  const { operators, decibels } = await quantized(
    net.toModel({ x: ["N", 3, 32, 32] }, [x]),
    [1, 3, 32, 32],
  );
  assert.deepEqual(operators, [
    "QGemm",
    "QLinearAdd",
    "QLinearAdd",
    ...Array<string>(11).fill("QLinearConv"),
    "QLinearGlobalAveragePool",
    "QuantizeLinear",
    "Reshape",
  ]);
  assert.ok(decibels > FLOOR, `${decibels} dB`);
});

/** An encoder and a decoder with skip connections, as in segmentation and detection. */
test("a network with Concat, Split and Resize", async () => {
  const net = network(3);
  const scales = net.constant(tensor("scales", "FP32", [4], new Float32Array([1, 1, 2, 2])));
  const fine = net.op("LeakyRelu", [net.conv("x", 3, 8, 3)]);
  const coarse = net.op("Relu", [net.conv(fine, 8, 8, 3, { stride: 2 })]);
  const up = net.op("Resize", [coarse, "", scales], { mode: "nearest" });
  const both = net.op("Concat", [fine, up], { axis: 1 });
  const gate = net.op("Sigmoid", [net.conv(both, 16, 16, 1)]);
  const gated = net.op("Mul", [both, gate]);
  const pooled = net.op("AveragePool", [gated], { kernel_shape: [2, 2], strides: [2, 2] });
  const x = net.conv(net.op("Transpose", [pooled], { perm: [0, 1, 3, 2] }), 16, 4, 3);
  const { operators, decibels } = await quantized(
    net.toModel({ x: ["N", 3, 16, 16] }, [x]),
    [1, 3, 16, 16],
  );
  assert.deepEqual(operators, [
    "DequantizeLinear",
    "QLinearAveragePool",
    "QLinearConcat",
    ...Array<string>(4).fill("QLinearConv"),
    "QLinearLeakyRelu",
    "QLinearMul",
    "QLinearSigmoid",
    "QuantizeLinear",
    "Resize",
    "Transpose",
  ]);
  assert.ok(decibels > FLOOR, `${decibels} dB`);
});

test("a multi-layer perceptron, its biases added by Gemm or by Add", async () => {
  const net = network(4);
  const hidden = net.op("Relu", [net.gemm("x", 16, 32)]);
  const product = net.op("MatMul", [hidden, net.weights([32, 32], 0.4)]);
  const sum = net.op("Add", [net.weights([1, 32], 0.5), product]);
  const x = net.op("Softmax", [net.gemm(net.op("Relu", [sum]), 32, 4)]);
  const { operators, decibels } = await quantized(net.toModel({ x: ["N", 16] }, [x]), [64, 16]);
  assert.deepEqual(operators, ["QGemm", "QGemm", "QGemm", "QuantizeLinear", "Softmax"]);
  assert.ok(decibels > FLOOR, `${decibels} dB`);
});

/** Self-attention with one head, and a feed-forward part. */
test("a Transformer: products of activations where both are integers anyway", async () => {
  const net = network(5);
  const linear = (x: string, from: number, to: number): string =>
    net.op("Add", [net.op("MatMul", [x, net.weights([from, to], 0.4)]), net.weights([to], 0.2)]);
  const [query, key, value] = ["q", "k", "v"].map(() => linear("x", 16, 16));
  const scores = net.op("MatMul", [query!, net.op("Transpose", [key!], { perm: [0, 2, 1] })]);
  const attended = net.op("MatMul", [net.op("Softmax", [scores]), value!]);
  const sum = net.op("Add", ["x", linear(attended, 16, 16)]);
  const y = linear(net.op("Relu", [linear(sum, 16, 32)]), 32, 16);
  const { operators, decibels } = await quantized(
    net.toModel({ x: ["N", 8, 16] }, [y]),
    [2, 8, 16],
  );
  const isProduct = (name: string): boolean => /Gemm|MatMul/.test(name);
  // The product with what Softmax makes is the one in float; that of query and key gives floats.
  assert.deepEqual(operators.filter(isProduct), [
    "MatMul",
    "MatMulIntegerToFloat",
    ...Array<string>(6).fill("QGemm"),
  ]);
  assert.deepEqual(
    operators.filter((name) => /Linear/.test(name)),
    ["QLinearAdd", "QuantizeLinear", "QuantizeLinear"],
  );
  assert.ok(decibels > FLOOR, `${decibels} dB`);
});
