/** What stays in float, and the reason that is given. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { network, type Network } from "../../../../../test/support/network.ts";
import { closeness, producer, quantize } from "../../../../../test/support/staticInt8.ts";
import { graph, model, node, tensor, tensorType } from "../../build.ts";
import type { Model, Node } from "../../proto/types.ts";
import type { Ranges } from "../calibrate/range.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

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

test("kept nodes stay in float", async () => {
  const net = network(8);
  const first = net.conv("x", 4, 4, 3);
  const last = net.conv(net.op("Relu", [first]), 4, 4, 3);
  const original = net.toModel({ x: ["N", 4, 8, 8] }, [last]);
  const result = await quantize(original, { keep: new Set([first]) });
  assert.equal(result.changes.length, 1);
  assert.equal(producer(result.model, producer(result.model, first)?.inputs[0]), undefined);
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
