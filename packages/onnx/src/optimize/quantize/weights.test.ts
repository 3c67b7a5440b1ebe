import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quantizeBias, scalesForBias } from "./bias.ts";
import { sqnr } from "./sqnr.ts";
import { transpose } from "./transpose.ts";
import { allFinite, quantizePerChannel, quantizePerTensor } from "./weights.ts";

const weight = fc.float({ min: -(2 ** 66), max: 2 ** 66, noNaN: true, noDefaultInfinity: true });

/** Weights of one to four axes, and one of these. */
const weights = fc
  .array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })
  .chain((dims) => {
    const count = dims.reduce((a, b) => a * b);
    return fc.record({
      dims: fc.constant(dims),
      axis: fc.nat({ max: dims.length - 1 }),
      values: fc
        .array(fc.oneof(weight, fc.constantFrom(0, 1, -1, 1e-42)), {
          minLength: count,
          maxLength: count,
        })
        .map((values) => Float32Array.from(values)),
      bits: fc.constantFrom(7 as const, 8 as const),
    });
  });

/** Which channel each element belongs to, by its indices. */
function channelOf(at: number, dims: readonly number[], axis: number): number {
  let rest = at;
  for (let last = dims.length - 1; last > axis; last--) rest = Math.floor(rest / dims[last]!);
  return rest % dims[axis]!;
}

test("each weight is off by half the scale of its channel at most", () => {
  fc.assert(
    fc.property(weights, ({ dims, axis, values, bits }) => {
      const quantized = quantizePerChannel(values, dims, axis, { bits });
      assert.equal(quantized.scales.length, dims[axis]);
      const bound = bits === 8 ? 127 : 64;
      for (const [at, value] of values.entries()) {
        const scale = quantized.scales[channelOf(at, dims, axis)]!;
        const integer = quantized.values[at]!;
        assert.ok(Math.abs(integer) <= bound);
        // The scale is rounded to FP32, which all its multiples feel.
        const allowed = scale / 2 + bound * scale * 2 ** -24;
        assert.ok(Math.abs(integer * scale - value) <= allowed, `${value}: ${integer} · ${scale}`);
      }
    }),
    { numRuns: 1000 },
  );
});

test("the largest weight of a channel uses all bits", () => {
  const values = Float32Array.of(1, -2, 0.5, 8, 4, -1);
  const eight = quantizePerChannel(values, [2, 3], 0, { bits: 8 });
  assert.deepEqual([...eight.scales], [Math.fround(2 / 127), Math.fround(8 / 127)]);
  assert.deepEqual([...eight.values], [64, -127, 32, 127, 64, -16]);
  const seven = quantizePerChannel(values, [2, 3], 1, { bits: 7 });
  assert.deepEqual([...seven.scales], [8 / 64, 4 / 64, 1 / 64]);
  assert.deepEqual([...seven.values], [8, -32, 32, 64, 64, -64]);
});

test("one scale for all is one channel of all", () => {
  fc.assert(
    fc.property(weights, ({ values, bits }) => {
      const all = quantizePerChannel(values, [values.length, 1, 1], 2, { bits });
      assert.deepEqual(quantizePerTensor(values, { bits }), all);
    }),
  );
});

test("two products of 7-bit weights fit in 16 bits with any activations, of 8-bit ones not", () => {
  const extreme = Float32Array.of(1, -1);
  const worst = (bits: 7 | 8): number =>
    quantizePerTensor(extreme, { bits }).values.reduce(
      (sum, value) => sum + 255 * Math.abs(value),
      0,
    );
  assert.ok(worst(7) <= 2 ** 15 - 1);
  assert.ok(worst(8) > 2 ** 15 - 1);
});

test("a channel of zeros has a scale that can be divided by", () => {
  const { values, scales } = quantizePerChannel(new Float32Array(4), [2, 2], 1, { bits: 8 });
  assert.deepEqual([...values, ...scales], [0, 0, 0, 0, 1, 1]);
});

test("weights that are not finite are refused wherever they stand", () => {
  const odd = fc.constantFrom(NaN, Infinity, -Infinity);
  fc.assert(
    fc.property(weights, odd, fc.nat(), ({ dims, axis, values, bits }, value, at) => {
      assert.ok(allFinite(values));
      values[at % values.length] = value;
      assert.ok(!allFinite(values));
      assert.throws(() => quantizePerChannel(values, dims, axis, { bits }), /is not finite/);
    }),
  );
});

test("dims that the weights do not fill are refused", () => {
  const options = { bits: 8 } as const;
  assert.throws(() => quantizePerChannel(new Float32Array(5), [2, 3], 0, options), /5 weights/);
  assert.throws(() => quantizePerChannel(new Float32Array(6), [2, 3], 2, options), /6 weights/);
});

test("a bias is counted in products of scales, and saturates", () => {
  const scales = Float32Array.of(0.5, 0.25, 2 ** -100);
  assert.deepEqual([...quantizeBias(Float32Array.of(1, -1, 1), 0.5, scales)], [4, -8, 2 ** 31 - 1]);
  assert.deepEqual([...quantizeBias(Float32Array.of(1, -1), 0.5, Float32Array.of(0.5))], [4, -4]);
});

test("with the least scales for a bias, it fits and is off by little", () => {
  const cases = fc.record({
    bias: fc.float({ min: -(2 ** 33), max: 2 ** 33, noNaN: true }),
    largest: fc.float({ min: 0, max: 1, noNaN: true }),
    inputScale: fc.float({ min: 2 ** -20, max: 10, noNaN: true }),
  });
  fc.assert(
    fc.property(cases, ({ bias, largest, inputScale }) => {
      const values = Float32Array.of(bias);
      const minScales = scalesForBias(values, inputScale);
      const options = { bits: 8, minScales } as const;
      const { scales } = quantizePerChannel(Float32Array.of(largest), [1], 0, options);
      const [integer] = quantizeBias(values, inputScale, scales);
      assert.ok(Math.abs(integer!) <= 2 ** 30 + 2 ** 8, `${integer}`);
      const unit = inputScale * scales[0]!;
      assert.ok(Math.abs(integer! * unit - bias) <= unit / 2 + Math.abs(bias) * 1e-6);
    }),
  );
});

test("a bit more is about six decibels more", () => {
  const values = Float32Array.from({ length: 4096 }, (_, at) => Math.sin(at * 1.7));
  const ratio = (bits: 7 | 8): number => {
    const { values: integers, scales } = quantizePerTensor(values, { bits });
    return sqnr(
      values,
      Float32Array.from(integers, (integer) => integer * scales[0]!),
    );
  };
  // A sine has power 1/2, and noise uniform in a step of 1/127 (1/127)²/12 (Bennett 1948).
  assert.ok(Math.abs(ratio(8) - 10 * Math.log10(6 * 127 ** 2)) < 0.3, `${ratio(8)}`);
  assert.ok(Math.abs(ratio(8) - ratio(7) - 20 * Math.log10(127 / 64)) < 0.3);
});

test("what is equal has no noise, and what is lost no signal", () => {
  assert.equal(sqnr(Float32Array.of(1, 2), Float32Array.of(1, 2)), Infinity);
  assert.equal(sqnr(Float32Array.of(0, 0), Float32Array.of(0, 0)), Infinity);
  assert.equal(sqnr(Float32Array.of(0, 0), Float32Array.of(0, 1)), -Infinity);
  assert.equal(sqnr(Float32Array.of(3, 4), Float32Array.of(0, 0)), 0);
  assert.equal(sqnr(Float32Array.of(1), Float32Array.of(NaN)), -Infinity);
  assert.equal(sqnr(Float32Array.of(1, NaN, -Infinity), Float32Array.of(1, NaN, 0)), -Infinity);
  assert.equal(
    sqnr(Float32Array.of(3, NaN, Infinity), Float32Array.of(2, NaN, Infinity)),
    10 * Math.log10(9),
  );
  assert.throws(() => sqnr(new Float32Array(1), new Float32Array(2)), /1 values compared with 2/);
});

test("a transposed matrix has its axes exchanged, whatever the tiles", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }));
  fc.assert(
    fc.property(sizes, ([rows, columns]) => {
      const matrix = Float32Array.from({ length: rows * columns }, (_, at) => at);
      const made = transpose(matrix, rows, columns);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          assert.equal(made[column * rows + row], row * columns + column);
    }),
    { numRuns: 30 },
  );
});
