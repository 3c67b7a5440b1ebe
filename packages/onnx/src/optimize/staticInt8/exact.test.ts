/**
 * Whole numbers in the range of the integers are quantised without error, so what comes out must be
 * exact, or exact but for the rounding of the result: a wrong axis, factor, zero point or bias shows.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../../../../test/support/network.ts";
import { runModel } from "../../../../../test/support/ort.ts";
import { float, model, node, tensor, type AttributeValue } from "../../build.ts";
import type { Model } from "../../proto/types.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

/** From -127 to 127, with the largest wherever a channel begins, so that each scale is 1. */
function weights(
  random: () => number,
  dims: readonly number[],
  beginsChannel: (at: number) => boolean,
): Float32Array {
  return Float32Array.from({ length: size(dims) }, (_, at) =>
    beginsChannel(at) ? 127 : Math.floor(random() * 255) - 127,
  );
}

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

interface Layer {
  readonly opType: "Conv" | "Gemm" | "MatMul";
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly channelAxis: number;
  readonly bias?: readonly number[];
  /** The bias is added by a node of its own. */
  readonly added?: boolean;
  /** The input's lengths but the last are open. */
  readonly open?: boolean;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/**
 * What a layer makes of whole numbers from -55 to 200, in float and in integers. Its bias is made of
 * multiples of 4, which stay whole under the factors of Gemm.
 */
async function both(seed: number, layer: Layer): Promise<{ expected: number[]; got: number[] }> {
  const random = seededRandom(seed);
  const inner = size(layer.w.slice(layer.channelAxis + 1));
  const channels = layer.w[layer.channelAxis]!;
  const first = (at: number): boolean =>
    layer.channelAxis === 0 ? at % inner === 0 : at < channels;
  const w = weights(random, layer.w, first);
  const initializers = [tensor("w", "FP32", layer.w, w)];
  if (layer.bias) {
    const bias = new Float32Array(size(layer.bias)).map(() => 4 * Math.round(random() * 500 - 250));
    initializers.push(tensor("b", "FP32", layer.bias, bias));
  }
  const inputs = ["x", ...initializers.map(({ name }) => name!)];
  const shape = layer.open
    ? layer.x.map((length, axis) => (axis < layer.x.length - 1 ? `axis${axis}` : length))
    : layer.x;
  const original: Model = model({
    inputs: [{ name: "x", datatype: "FP32", shape }],
    outputs: [{ name: "y", datatype: "FP32", shape: layer.x.map(() => "?") }],
    initializers,
    nodes: layer.added
      ? [node(layer.opType, ["x", "w"], ["product"]), node("Add", ["b", "product"], ["y"])]
      : [node(layer.opType, inputs, ["y"], layer.attributes)],
  });
  const data = new Float32Array(size(layer.x)).map(() => Math.floor(random() * 256) - 55);
  const x = { datatype: "FP32", shape: layer.x, data } as const;
  const expected = (await runModel(original, { x })).get("y")!.data as Float32Array;
  const ranges = new Map([
    ["x", { min: -55, max: 200 }],
    ["y", { min: Math.min(...expected), max: Math.max(...expected) }],
  ]);
  const { model: quantized, changes, skipped } = quantizeStatic(original, ranges);
  assert.deepEqual([changes.length, skipped], [1, []]);
  const got = (await runModel(quantized, { x })).get("y")!.data as Float32Array;
  // A factor of -2 makes -0 of a sum of 0, which integers do not have.
  const unsigned = (values: Float32Array): number[] => Array.from(values, (value) => value + 0);
  return { expected: unsigned(expected), got: unsigned(got) };
}

const dimension = fc.integer({ min: 1, max: 9 });
const seed = fc.nat();

test("Gemm is exact: transposed or not, with factors and any form of bias", async () => {
  const factor = fc.constantFrom(1, -2, 0.5);
  const bias = fc.constantFrom("none", "row", "matrix", "scalar", "single");
  const property = fc.asyncProperty(
    fc.tuple(dimension, dimension, dimension, seed),
    fc.tuple(fc.boolean(), fc.boolean(), factor, factor, bias),
    async ([m, k, n, random], [transA, transB, alpha, beta, form]) => {
      const biases = { none: undefined, row: [n], matrix: [1, n], scalar: [], single: [1] };
      const dims = biases[form as keyof typeof biases];
      const { expected, got } = await both(random, {
        opType: "Gemm",
        x: transA ? [k, m] : [m, k],
        w: transB ? [n, k] : [k, n],
        channelAxis: transB ? 0 : 1,
        ...(dims && { bias: dims }),
        attributes: {
          transA: Number(transA),
          transB: Number(transB),
          alpha: float(alpha),
          beta: float(beta),
        },
      });
      assert.deepEqual(got, expected);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test("MatMul is exact, with inputs of two to four dimensions and a bias added behind it", async () => {
  const property = fc.asyncProperty(
    fc.tuple(fc.array(dimension, { minLength: 1, maxLength: 3 }), dimension, dimension, seed),
    fc.constantFrom("none", "row", "matrix"),
    fc.boolean(),
    async ([rows, k, n, random], form, open) => {
      const bias = { none: undefined, row: [n], matrix: [1, n] }[form];
      const { expected, got } = await both(random, {
        opType: "MatMul",
        x: [...rows, k],
        w: [k, n],
        channelAxis: 1,
        open,
        ...(bias && { bias, added: true }),
      });
      assert.deepEqual(got, expected);
    },
  );
  await fc.assert(property, { numRuns: 80 });
});

test("Conv is off by half a step of its result: groups, strides, dilations, 1 to 3 axes", async () => {
  const property = fc.asyncProperty(
    fc.record({
      axes: fc.integer({ min: 1, max: 3 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      group: fc.constantFrom(1, 2, 3),
      from: fc.integer({ min: 1, max: 3 }),
      to: fc.integer({ min: 1, max: 3 }),
      bias: fc.boolean(),
      random: seed,
    }),
    async ({ axes, kernel, stride, dilation, group, from, to, bias, random }) => {
      const each = (value: number): number[] => Array<number>(axes).fill(value);
      const { expected, got } = await both(random, {
        opType: "Conv",
        x: [2, from * group, ...each(7)],
        w: [to * group, from, ...each(kernel)],
        channelAxis: 0,
        ...(bias && { bias: [to * group] }),
        attributes: {
          group,
          strides: each(stride),
          dilations: each(dilation),
          pads: [...each(1), ...each(1)],
        },
      });
      const step = (Math.max(...expected, 0) - Math.min(...expected, 0)) / 255;
      for (const [at, value] of expected.entries())
        assert.ok(Math.abs(value - got[at]!) <= step * 0.501, `${value} became ${got[at]}`);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
