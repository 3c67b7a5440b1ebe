import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tensor } from "@longshore/core";
import { network, randomSamples, type Network } from "../../../../../test/support/network.ts";
import { openRunnable, optimizedByOrt, runModel } from "../../../../../test/support/ort.ts";
import { graph, model, node, tensor, tensorType } from "../../build.ts";
import { floatsOf, integersOf } from "../../graph/tensorData.ts";
import type { Model, Node, TensorProto } from "../../proto/types.ts";
import { calibrate } from "../calibrate/calibrate.ts";
import type { Ranges } from "../calibrate/range.ts";
import type { PassResult } from "../pass.ts";
import { sqnr } from "../quantize/sqnr.ts";
import type { StaticInt8Options } from "./options.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

const IMAGE = [1, 4, 8, 8] as const;

async function quantize(
  original: Model,
  options: StaticInt8Options = {},
  shape: readonly number[] = IMAGE,
): Promise<PassResult> {
  const samples = randomSamples(7, shape, 3);
  return quantizeStatic(original, await calibrate(original, samples, openRunnable), options);
}

async function firstOutput(which: Model, x: Tensor): Promise<Float32Array> {
  const [first] = (await runModel(which, { x })).values();
  return first!.data as Float32Array;
}

/** How close a quantised model is, in dB, on a sample that it was calibrated with. */
async function closeness(
  original: Model,
  { model: quantized }: PassResult,
  shape: readonly number[] = IMAGE,
): Promise<number> {
  const x = randomSamples(7, shape, 3).list[0]!.get("x")!;
  return sqnr(await firstOutput(original, x), await firstOutput(quantized, x));
}

const operators = ({ graph: { nodes } }: Model): string[] => nodes.map(({ opType }) => opType);

function producer({ graph: { nodes } }: Model, value: string | undefined): Node | undefined {
  return nodes.find(({ outputs }) => outputs.includes(value!));
}

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

test("an operator between floats stays in float", async () => {
  const net = network(1);
  const sum = net.op("Add", [net.op("Exp", ["x"]), "x"]);
  const { model: quantized, changes } = await quantize(
    net.toModel({ x: ["N", 4, 8, 8] }, [net.conv(net.op("Exp", [sum]), 4, 4, 1)]),
  );
  assert.deepEqual(
    changes.map((change) => change.split(" ")[0]),
    ["Conv"],
  );
  assert.equal(producer(quantized, producer(quantized, sum)?.inputs[0])?.opType, "Exp");
});

test("what only floats are made of stays in float", async () => {
  const net = network(1);
  const sum = net.op("Add", [net.conv("x", 4, 4, 1), net.conv("x", 4, 4, 3)]);
  const { changes } = await quantize(
    net.toModel({ x: ["N", 4, 8, 8] }, [net.op("Softmax", [net.op("Sigmoid", [sum])])]),
  );
  assert.deepEqual(
    changes.map((change) => change.split(" ")[0]),
    ["Conv", "Conv"],
  );
});

/** What makes values that its input does not have, or has no integer kernel. */
const floatOnly: readonly [string, (net: Network, x: string) => string][] = [
  [
    "a Resize that interpolates",
    (net, x) =>
      net.op(
        "Resize",
        [x, "", net.constant(tensor("s", "FP32", [4], Float32Array.of(1, 1, 2, 2)))],
        {
          mode: "linear",
        },
      ),
  ],
  [
    "a Resize that crops",
    (net, x) =>
      net.op(
        "Resize",
        [
          x,
          net.constant(tensor("r", "FP32", [8], Float32Array.of(0, 0, 0, 0, 1, 1, 2, 2))),
          net.constant(tensor("s", "FP32", [4], Float32Array.of(1, 1, 2, 2))),
        ],
        { coordinate_transformation_mode: "tf_crop_and_resize" },
      ),
  ],
  ["a MaxPool that gives indices", (net, x) => net.maxPool(x)[0]],
];

for (const [name, build] of floatOnly)
  test(`${name} stays in float`, async () => {
    const net = network(17);
    const y = net.conv(build(net, net.conv("x", 4, 4, 1)), 4, 4, 1);
    const original = net.toModel({ x: ["N", 4, 8, 8] }, [y], 19);
    const result = await quantize(original);
    assert.deepEqual(
      result.changes.map((change) => change.split(" ")[0]),
      ["Conv", "Conv"],
    );
    assert.ok((await closeness(original, result)) > 25);
  });

test("dilations of AveragePool, which ONNX Runtime cannot load in integers, are taken away or left", async () => {
  const net = (dilation: number): Model => {
    const { conv, op, toModel } = network(20);
    const attributes = { kernel_shape: [2, 2], dilations: [dilation, dilation] };
    const pooled = op("AveragePool", [conv("x", 4, 4, 1)], attributes);
    return toModel({ x: ["N", 4, 8, 8] }, [conv(pooled, 4, 4, 1)], 19);
  };
  const result = await quantize(net(1));
  assert.equal(result.changes.length, 3);
  assert.ok((await closeness(net(1), result)) > 30);
  const { changes, skipped } = await quantize(net(2));
  assert.deepEqual([changes.length, skipped.map(({ opType }) => opType)], [0, ["AveragePool"]]);
});

test("an Add that others look behind, or that adds axes, is not merged with its product", async () => {
  for (const dims of [[8], [1, 1, 1, 1, 8]]) {
    const net = network(18);
    const product = net.op("MatMul", ["x", net.weights([8, 8], 0.5)]);
    const sum = net.op("Add", [product, net.weights(dims, 0.5)]);
    const outputs = dims.length === 1 ? [sum, product] : [sum];
    const original = net.toModel({ x: ["N", 4, 8, 8] }, outputs);
    const result = await quantize(original);
    assert.ok(operators(result.model).includes("MatMul"));
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
  const x = randomSamples(7, IMAGE, 1).list[0]!.get("x")!;
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
  const x = randomSamples(7, IMAGE, 1).list[0]!.get("x")!;
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
  assert.ok(operators(result.model).includes("Clip"));
  assert.ok(operators(result.model).includes("Relu"));
  assert.ok((await closeness(original, result)) > 25);
});

test("outputs of the model keep their names, also those that are read inside", async () => {
  const net = network(5);
  const inner = net.op("Relu", [net.conv("x", 4, 4, 3)]);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [inner, net.conv(inner, 4, 4, 3)]);
  const result = await quantize(original);
  assert.deepEqual(result.model.graph.outputs, original.graph.outputs);
  assert.deepEqual(operators(await optimizedByOrt(result.model, "extended")).toSorted(), [
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

test("kept nodes stay in float", async () => {
  const net = network(8);
  const first = net.conv("x", 4, 4, 3);
  const last = net.conv(net.op("Relu", [first]), 4, 4, 3);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [last]);
  const result = await quantize(original, { keep: new Set([first]) });
  assert.equal(result.changes.length, 1);
  assert.equal(producer(result.model, producer(result.model, first)?.inputs[0]), undefined);
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
  assert.equal(operators(result.model).filter((name) => name === "QuantizeLinear").length, 7);
  assert.equal(operators(result.model).filter((name) => name === "Relu").length, 2);
  assert.ok((await closeness(original, result)) > 20);
});

test("an old opset is upgraded", async () => {
  const net = network(11);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.conv("x", 4, 4, 3)], 9);
  const result = await quantize(original);
  assert.match(result.changes[0]!, /opset 9 upgraded to 13/);
  assert.ok((await closeness(original, result)) > 35);
});

test("a Relu or the Add of a bias that is kept keeps the node in front of it", async () => {
  const net = network(15);
  const product = net.op("MatMul", ["x", net.weights([8, 8], 0.5)]);
  const sum = net.op("Add", [product, net.weights([8], 0.5)]);
  const relu = net.op("Relu", [net.conv(sum, 4, 4, 1)]);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.conv(relu, 4, 4, 1)]);
  const { changes, skipped } = await quantize(original, { keep: new Set([sum, relu]) });
  assert.equal(changes.length, 1);
  assert.deepEqual(
    skipped.map(({ opType, reason }) => `${opType}: ${reason}`),
    ["Gemm: the Add behind it is kept", "Conv: the Relu behind it is kept"],
  );
});

test("Split gives parts of its input's scale", async () => {
  const net = network(16);
  const sizes = net.constant(tensor("sizes", "INT64", [2], new BigInt64Array([6n, 2n])));
  const [first, second] = net.split(net.conv("x", 4, 8, 3), sizes);
  const y = net.op("Add", [net.conv(first, 6, 3, 1), net.conv(second, 2, 3, 1)]);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.conv(y, 3, 3, 1)]);
  const result = await quantize(original);
  assert.equal(scaleOf(result.model, first), scaleOf(result.model, second));
  const fused = operators(await optimizedByOrt(result.model, "extended"));
  assert.equal(fused.filter((name) => /^(De)?[Qq]uantizeLinear$/.test(name)).length, 2);
  assert.ok((await closeness(original, result)) > 30);
});

/** Graphs in which something has to stay, and why. */
const refused: readonly [string, (net: Network) => string, RegExp][] = [
  [
    "weights that are computed",
    (net) => net.op("Conv", ["x", net.op("Exp", [net.weights([4, 4, 1, 1], 1)])]),
    /its weights are not constant/,
  ],
  [
    "weights that are not finite",
    (net) =>
      net.op("Conv", [
        "x",
        net.constant(tensor("w", "FP32", [1, 4, 1, 1], new Float32Array([1, NaN, 1, 1]))),
      ]),
    /"w" is not finite/,
  ],
  [
    "a bias that differs from row to row",
    (net) =>
      net.op("Gemm", [
        net.op("Reshape", [
          "x",
          net.constant(tensor("shape", "INT64", [2], new BigInt64Array([64n, 4n]))),
        ]),
        net.weights([4, 2], 1),
        net.weights([64, 2], 1),
      ]),
    /its bias differs from row to row/,
  ],
  [
    "a product with a vector",
    (net) => net.op("MatMul", ["x", net.weights([8], 1)]),
    /its weights are a vector/,
  ],
  [
    "an operator without an integer kernel",
    (net) => net.op("ConvTranspose", ["x", net.weights([4, 2, 2, 2], 1)]),
    /ONNX Runtime computes it in float only/,
  ],
];

for (const [name, build, reason] of refused)
  test(`${name}: left as it was, with the reason`, async () => {
    const net = network(12);
    const original = net.toModel({ x: ["N", 4, 8, 8] }, [build(net)]);
    const { model: same, skipped } = await quantize(original);
    assert.equal(same, original);
    assert.equal(skipped.length, 1);
    assert.match(skipped[0]!.reason, reason);
  });

test("what has no range, or an infinite one, stays", async () => {
  const net = network(13);
  const y = net.conv("x", 4, 4, 1);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [y]);
  const reasons = (ranges: Ranges): string[] =>
    quantizeStatic(original, ranges).skipped.map(({ reason }) => reason);
  const one = { min: -1, max: 1 };
  assert.deepEqual(reasons(new Map([["x", one]])), [`no range was calibrated for "${y}"`]);
  assert.deepEqual(
    reasons(
      new Map([
        ["x", one],
        [y, { min: 0, max: Infinity }],
      ]),
    ),
    [`"${y}" is not always finite`],
  );
});

test("branches stay in float, and read what they capture", async () => {
  const net = network(14);
  const value = net.op("Relu", [net.conv("x", 4, 4, 3)]);
  const weight = net.weights([4, 4, 1, 1], 1);
  const branch = (name: string, nodes: Node[]) =>
    graph({ inputs: [], outputs: [{ name, type: tensorType("FP32") }], nodes });
  const condition = net.constant(tensor("c", "BOOL", [], new Uint8Array([1])));
  const y = net.op("If", [condition], {
    then_branch: branch("t", [node("Conv", [value, weight], ["t"])]),
    else_branch: branch("e", [node("Identity", [value], ["e"])]),
  });
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [net.conv(y, 4, 4, 1)]);
  const result = await quantize(original);
  assert.equal(result.changes.length, 2);
  assert.deepEqual(result.skipped, [
    {
      node: "t",
      opType: "Conv",
      reason: "inside a branch or loop, where activations are not calibrated",
    },
  ]);
  assert.ok((await closeness(original, result)) > 30);
});

test("an initializer that a caller may change is no constant", async () => {
  const original = model({
    inputs: [
      { name: "x", datatype: "FP32", shape: ["N", 4] },
      { name: "w", datatype: "FP32", shape: [4, 2] },
    ],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 2] }],
    initializers: [tensor("w", "FP32", [4, 2], new Float32Array(8).fill(1))],
    nodes: [node("Gemm", ["x", "w"], ["y"])],
  });
  const { skipped } = await quantize(original, {}, [3, 4]);
  assert.deepEqual(
    skipped.map(({ reason }) => reason),
    ["its weights are not constant"],
  );
});
