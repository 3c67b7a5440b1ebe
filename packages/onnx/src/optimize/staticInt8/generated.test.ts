/** Generated graphs: whatever is wired to whatever stays valid, runs, and computes nearly the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tensor } from "@longshore/core";
import { network, randomSamples, type Network } from "../../../../../test/support/network.ts";
import { openRunnable, optimizedByOrt, runModel } from "../../../../../test/support/ort.ts";
import { tensor } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import type { Model } from "../../proto/types.ts";
import { calibrate } from "../calibrate/calibrate.ts";
import { sqnr } from "../quantize/sqnr.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

/** A value [N, channels, size, size]. */
interface Image {
  readonly name: string;
  readonly channels: number;
  readonly size: number;
}

/** What a step is made of: an operator, and choices that it interprets. */
interface Step {
  readonly kind: keyof typeof STEPS;
  readonly from: number;
  readonly other: number;
  readonly choice: number;
}

type Grow = (net: Network, image: Image, other: Image, choice: number) => Image | undefined;

const scalar = (net: Network, name: string, value: number): string =>
  net.constant(tensor(`${name}${net.random()}`, "FP32", [], new Float32Array([value])));

const integers = (net: Network, values: readonly number[]): string =>
  net.constant(
    tensor(`integers${net.random()}`, "INT64", [values.length], BigInt64Array.from(values, BigInt)),
  );

const unary =
  (opType: string): Grow =>
  (net, image) => ({ ...image, name: net.op(opType, [image.name]) });

const binary =
  (opType: string): Grow =>
  (net, a, b) =>
    a.channels === b.channels && a.size === b.size
      ? { ...a, name: net.op(opType, [a.name, b.name]) }
      : undefined;

const pool =
  (opType: string): Grow =>
  (net, { name, channels, size }) => ({
    name: net.op(opType, [name], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
    channels,
    size: Math.ceil(size / 2),
  });

const STEPS = {
  conv: (net, { name, channels, size }, _, choice) => {
    const stride = (choice % 2) + 1;
    const group = channels % 2 === 0 && choice % 3 === 0 ? 2 : 1;
    const to = 2 * (1 + (choice % 4));
    const conv = net.conv(name, channels, to, choice % 5 === 0 ? 1 : 3, { stride, group });
    return { name: conv, channels: to, size: Math.ceil(size / stride) };
  },
  depthwise: (net, image) => {
    const { name, channels } = image;
    return { ...image, name: net.conv(name, channels, channels, 3, { group: channels }) };
  },
  shared: (net, image, other) => {
    if (image.channels !== other.channels) return undefined;
    const weight = net.weights([3, image.channels, 1, 1], 1);
    const [a, b] = [image, other].map(({ name }) => net.op("Conv", [name, weight]));
    return image.size === other.size
      ? { ...image, channels: 3, name: net.op("Add", [a!, b!]) }
      : undefined;
  },
  /** One value read twice, behind which ONNX Runtime takes clamps away late. */
  twice: (net, image) => {
    const twin = (): string => net.op("Conv", [image.name, weight]);
    const weight = net.weights([image.channels, image.channels, 1, 1], 1);
    const sum = net.op("Add", [twin(), twin()]);
    return { ...image, name: net.op("Relu", [net.op("Relu", [sum])]) };
  },
  relu: unary("Relu"),
  clip: (net, image, _, choice) => ({
    ...image,
    name: net.op("Clip", [
      image.name,
      choice % 2 === 0 ? "" : scalar(net, "low", -(choice % 3)),
      scalar(net, "high", 1 + (choice % 6)),
    ]),
  }),
  leaky: unary("LeakyRelu"),
  sigmoid: unary("Sigmoid"),
  tanh: unary("Tanh"),
  add: binary("Add"),
  mul: binary("Mul"),
  shift: (net, image, _, choice) => ({
    ...image,
    name: net.op(choice % 2 === 0 ? "Add" : "Mul", [
      image.name,
      net.weights([image.channels, 1, 1], 1),
    ]),
  }),
  concat: (net, a, b) =>
    a.size === b.size
      ? {
          name: net.op("Concat", [a.name, b.name], { axis: 1 }),
          channels: a.channels + b.channels,
          size: a.size,
        }
      : undefined,
  maxPool: pool("MaxPool"),
  averagePool: pool("AveragePool"),
  resize: (net, { name, channels, size }) => {
    if (size > 16) return undefined;
    const data = new Float32Array([1, 1, 2, 2]);
    const scales = net.constant(tensor(`scales${net.random()}`, "FP32", [4], data));
    const roi = net.constant(tensor(`roi${net.random()}`, "FP32", [0], new Float32Array(0)));
    return { name: net.op("Resize", [name, roi, scales]), channels, size: size * 2 };
  },
  slice: (net, image) => {
    if (image.channels < 2) return undefined;
    const inputs = [[1], [image.channels], [1]].map((values) => integers(net, values));
    const name = net.op("Slice", [image.name, ...inputs]);
    return { ...image, channels: image.channels - 1, name };
  },
  transpose: (net, image) => ({
    ...image,
    name: net.op("Transpose", [image.name], { perm: [0, 1, 3, 2] }),
  }),
} satisfies Record<string, Grow>;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...(Object.keys(STEPS) as Step["kind"][])),
  // Counted from the newest value, which is taken most often.
  from: fc.oneof(fc.constant(0), fc.nat(3)),
  other: fc.nat(5),
  choice: fc.nat(59),
});

interface Grown {
  readonly original: Model;
  readonly shape: readonly number[];
}

function grow(seed: number, steps: readonly Step[], opset: number, seen: number): Grown {
  const net = network(seed);
  const images: Image[] = [{ name: "x", channels: 3, size: 8 }];
  for (const { kind, from, other, choice } of steps) {
    const pick = (back: number): Image => images.at(-1 - (back % images.length))!;
    const image = (STEPS[kind] as Grow)(net, pick(from), pick(other), choice);
    if (image) images.push(image);
  }
  const last = images.at(-1)!;
  const flat = net.op("Flatten", [net.op("GlobalAveragePool", [last.name])]);
  const y = net.gemm(flat, last.channels, 3);
  const other = images[seen % images.length]!.name;
  return {
    original: net.toModel({ x: ["N", 3, 8, 8] }, other === "x" ? [y] : [y, other], opset),
    shape: [2, 3, 8, 8],
  };
}

const generated = fc
  .tuple(
    fc.nat(),
    fc.array(step, { minLength: 1, maxLength: 14 }),
    fc.constantFrom(11, 12, 13, 15, 17, 18, 19, 21),
    fc.nat(),
  )
  .map(([seed, steps, opset, seen]) => grow(seed, steps, opset, seen));

test("generated graphs", async () => {
  const property = fc.asyncProperty(generated, async ({ original, shape }) => {
    const samples = randomSamples(3, shape, 3);
    const ranges = await calibrate(original, samples, openRunnable);
    const { model: quantized, changes, skipped } = quantizeStatic(original, ranges);
    assert.deepEqual(skipped, []);
    assert.ok(changes.length > 0);
    assert.deepEqual(checkGraph(quantized), []);
    const x = samples.list[0]!.get("x")!;
    const [expected, got] = await Promise.all(
      [original, quantized].map((which) => runModel(which, { x })),
    );
    for (const [name, { data }] of expected!) {
      const close = sqnr(data as Float32Array, (got!.get(name) as Tensor).data as Float32Array);
      assert.ok(close > 15, `${name}: ${close} dB`);
    }
    const fused = await optimizedByOrt(quantized, "extended");
    const float = fused.graph.nodes.filter(({ opType }) => /^(Fused)?(Conv|Gemm)$/.test(opType));
    assert.deepEqual(float, [], "sums of products that stayed in float");
  });
  await fc.assert(property, { numRuns: 60 });
});
