import assert from "node:assert/strict";
import { test } from "node:test";
import { network, randomSamples, type Network } from "../../../../../test/support/network.ts";
import { openRunnable, runModel } from "../../../../../test/support/ort.ts";
import { tensor } from "../../build.ts";
import { calibrate } from "../calibrate/calibrate.ts";
import { sqnr } from "../quantize/sqnr.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

const clip = (net: Network, x: string, low: number, high: number): string => {
  const [min = "", max = ""] = [low, high].map((bound, index) =>
    net.constant(tensor(`${x}_bound${index}`, "FP32", [], Float32Array.of(bound))),
  );
  return net.op("Clip", [x, min, max]);
};

/** What is between two convolutions, and how many clamps are left of it. */
const between: readonly [string, (net: Network, x: string) => string, left: number][] = [
  ["one value added to itself, and two clamps", twice("Add"), 0],
  ["a square and two clamps", twice("Mul"), 0],
  [
    "a sum of twins and two clamps, moved",
    (net, x) => {
      const weight = net.weights([3, 3, 1, 1], 1);
      const twins = [1, 2].map(() => net.op("Conv", [x, weight]));
      const clamped = net.op("Relu", [net.op("Relu", [net.op("Add", twins)])]);
      return net.op("Transpose", [clamped], { perm: [0, 1, 3, 2] });
    },
    0,
  ],
  [
    // Beyond what the first lets through: its range does not do the work of the second.
    "a clamp whose range is not 0's",
    (net, x) => clip(net, net.op("Add", [x, x]), 0.25, 0.5),
    1,
  ],
];

function twice(opType: string) {
  return (net: Network, x: string): string =>
    net.op("Relu", [clip(net, net.op(opType, [x, x]), -1, 1)]);
}

for (const [what, build, left] of between) {
  test(`between integers: ${what}`, async () => {
    const net = network(3);
    const first = net.conv("x", 3, 3, 1);
    const original = net.toModel({ x: ["N", 3, 8, 8] }, [net.conv(build(net, first), 3, 3, 1)]);
    const samples = randomSamples(3, [2, 3, 8, 8], 3);
    const ranges = await calibrate(original, samples, openRunnable);
    const { model: quantized } = quantizeStatic(original, ranges);
    const clamps = quantized.graph.nodes.filter(({ opType }) => /^(Relu|Clip)$/.test(opType));
    assert.equal(clamps.length, left);
    const x = samples.list[0]!.get("x")!;
    const [expected, got] = await Promise.all(
      [original, quantized].map(async (which) => [...(await runModel(which, { x })).values()][0]!),
    );
    const close = sqnr(expected!.data as Float32Array, got!.data as Float32Array);
    assert.ok(close > 20, `${close} dB`);
  });
}
