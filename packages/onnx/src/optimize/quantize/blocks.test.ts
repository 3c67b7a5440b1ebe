import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dequantizeBlocks } from "../../../../../test/support/blocks.ts";
import { quantizeBlocks } from "./blocks.ts";
import { sqnr } from "./sqnr.ts";

const weight = fc.oneof(
  fc.float({ min: -(2 ** 66), max: 2 ** 66, noNaN: true, noDefaultInfinity: true }),
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, -1, 1e-42),
);

const matrix = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 100 }))
  .chain(([rows, columns]) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      weights: fc
        .array(weight, { minLength: rows * columns, maxLength: rows * columns })
        .map((values) => Float32Array.from(values)),
    }),
  );

const format = fc.record({
  bits: fc.constantFrom(4 as const, 8 as const),
  blockSize: fc.constantFrom(16, 32, 128),
  symmetric: fc.boolean(),
});

test("each weight is off by half the scale of its block at most", () => {
  fc.assert(
    fc.property(matrix, format, ({ rows, columns, weights }, options) => {
      const quantized = quantizeBlocks(weights, rows, columns, options);
      assert.equal(quantized.zeroPoints === undefined, options.symmetric);
      const back = dequantizeBlocks(quantized, rows, columns, options);
      for (const [at, value] of weights.entries()) {
        const block = Math.floor((at % columns) / options.blockSize);
        const row = Math.floor(at / columns);
        const scale = Math.abs(quantized.scales[row * quantized.blocks + block]!);
        // The scale and the product are rounded to FP32.
        const allowed = scale / 2 + 256 * scale * 2 ** -23;
        assert.ok(Math.abs(back[at]! - value) <= allowed, `${value} became ${back[at]}`);
      }
    }),
    { numRuns: 500 },
  );
});

test("symmetric scales are no wider than the range needs, whichever side is longer", () => {
  const options = { bits: 4, blockSize: 16, symmetric: true } as const;
  const scaleOf = (...weights: number[]): number =>
    quantizeBlocks(Float32Array.from(weights), 1, weights.length, options).scales[0]!;
  assert.equal(scaleOf(-8, 7), 1);
  assert.equal(scaleOf(8, -7), -1);
  assert.equal(scaleOf(-7, 7), 1);
  assert.equal(scaleOf(0, 8), -1);
  assert.equal(scaleOf(-14, 14), 2);
});

test("codes are packed from the low half on, blocks and rows on bytes of their own", () => {
  const weights = Float32Array.of(-8, -7, 0, 7, -8, 3);
  const symmetric = { bits: 4, blockSize: 4, symmetric: true } as const;
  const made = quantizeBlocks(weights, 1, 6, symmetric);
  assert.deepEqual([...made.codes], [0x10, 0xf8, 0xb0, 0x88]);
  assert.deepEqual([...made.scales], [1, 1]);
  const positive = quantizeBlocks(Float32Array.of(0, 15, 0, -15, 0, 0), 2, 3, {
    bits: 4,
    blockSize: 2,
    symmetric: false,
  });
  assert.deepEqual([...positive.codes], [0xf0, 0x00, 0xf0, 0x00]);
  assert.deepEqual([...positive.zeroPoints!], [0x00, 0x0f]);
});

test("weights that are not finite are refused wherever they stand", () => {
  const odd = fc.constantFrom(NaN, Infinity, -Infinity);
  fc.assert(
    fc.property(matrix, format, odd, fc.nat(), ({ rows, columns, weights }, options, value, at) => {
      weights[at % weights.length] = value;
      assert.throws(() => quantizeBlocks(weights, rows, columns, options), /not finite/);
    }),
  );
});

test("smaller blocks and zero points make skewed weights more exact", () => {
  const skewed = Float32Array.from({ length: 4096 }, (_, at) => Math.sin(at) + (at % 640) / 320);
  const ratio = (blockSize: number, symmetric: boolean): number => {
    const options = { bits: 4, blockSize, symmetric } as const;
    const made = quantizeBlocks(skewed, 4, 1024, options);
    return sqnr(skewed, dequantizeBlocks(made, 4, 1024, options));
  };
  assert.ok(ratio(32, true) > ratio(128, true));
  assert.ok(ratio(128, false) > ratio(128, true) + 1);
});
