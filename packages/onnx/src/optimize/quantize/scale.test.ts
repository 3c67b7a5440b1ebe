import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { asymmetricAffine, quantize, toScale } from "./scale.ts";

const U8 = { low: 0, high: 255 };
const S8 = { low: -128, high: 127 };
const U4 = { low: 0, high: 15 };

const real = fc.float({ min: -(2 ** 100), max: 2 ** 100, noNaN: true, noDefaultInfinity: true });

test("a real in the range is off by half a scale at most, and 0 is exact", () => {
  const cases = fc.record({
    ends: fc.tuple(real, real),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    integers: fc.constantFrom(U8, S8, U4),
  });
  fc.assert(
    fc.property(cases, ({ ends: [a, b], part, integers }) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)];
      const affine = asymmetricAffine(min, max, integers);
      const back = (value: number): number =>
        (quantize(value, affine, integers) - affine.zeroPoint) * affine.scale;
      // The scale is rounded to FP32, which all its multiples feel.
      const allowed = affine.scale / 2 + 256 * affine.scale * 2 ** -23;
      for (const value of [min, max, min + part * (max - min)])
        assert.ok(Math.abs(back(value) - value) <= allowed, `${value} became ${back(value)}`);
      assert.equal(back(0), 0);
    }),
    { numRuns: 2000 },
  );
});

test("the range always holds 0", () => {
  assert.deepEqual(asymmetricAffine(51, 255, U8), { scale: 1, zeroPoint: 0 });
  assert.deepEqual(asymmetricAffine(-255, -51, U8), { scale: 1, zeroPoint: 255 });
  assert.deepEqual(asymmetricAffine(-128, 127, S8), { scale: 1, zeroPoint: 0 });
});

test("a range of nothing, or nearly so, has a scale that can be divided by", () => {
  assert.deepEqual(asymmetricAffine(0, 0, U8), { scale: 1, zeroPoint: 0 });
  assert.deepEqual(asymmetricAffine(-1e-42, 1e-42, U8), { scale: 1, zeroPoint: 0 });
  assert.equal(toScale(1e-40), 1);
  assert.equal(toScale(-1e-40), 1);
  assert.equal(toScale(2 ** -126), 2 ** -126);
  assert.equal(toScale(-0.5), -0.5);
});

test("a scale is what FP32 can hold", () => {
  const { scale } = asymmetricAffine(0, 1, U8);
  assert.equal(scale, Math.fround(1 / 255));
});

test("a range without an end is refused", () => {
  for (const [min, max] of [
    [0, Infinity],
    [-Infinity, 0],
    [NaN, 1],
    [0, NaN],
  ] as const)
    assert.throws(() => asymmetricAffine(min, max, U8), /a range must be finite/);
});
