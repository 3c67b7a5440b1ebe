import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeGolden, type GoldenResult } from "../../registry/golden.ts";
import { grantOf } from "./grant.ts";

const TOLERANCE = 1e-5;

function resultsOf(distances: readonly number[]): GoldenResult[] {
  return distances
    .toSorted((a, b) => b - a)
    .map((distance, index) => ({ line: index + 1, distance, tolerance: TOLERANCE, worst: "" }));
}

const many = (count: number, distance: number): number[] =>
  Array.from({ length: count }, () => distance);

test("what is as exact as the original is granted nothing", () => {
  assert.deepEqual(grantOf(resultsOf([0, 1e-6, 1e-5])), {});
  assert.deepEqual(grantOf([]), {});
});

test("twice the distance of 95 in 100, and one example of a hundred", () => {
  const distances = [...many(97, 0.0101), ...many(3, Number.POSITIVE_INFINITY)];
  assert.deepEqual(grantOf(resultsOf(distances)), { tolerance: 0.021, agreement: 0.96 });
});

test("few examples are all to stay as they are", () => {
  assert.deepEqual(grantOf(resultsOf([0.25, 0.1, 0])), { tolerance: 0.5 });
  const one = [Number.POSITIVE_INFINITY, 0, 0, 0];
  assert.deepEqual(grantOf(resultsOf(one)), { agreement: 0.75 });
});

test("what was measured is within what it is granted", () => {
  const distance = fc.oneof(
    fc.double({ min: 0, max: 10, noNaN: true }),
    fc.constant(Number.POSITIVE_INFINITY),
  );
  fc.assert(
    fc.property(fc.array(distance, { minLength: 1, maxLength: 300 }), (distances) => {
      const { tolerance = 0, agreement = 1 } = grantOf(resultsOf(distances));
      const granted = resultsOf(distances).map((each) => {
        return { ...each, tolerance: Math.max(each.tolerance, tolerance) };
      });
      const limits = { tolerance: TOLERANCE, variantTolerance: tolerance, agreement };
      assert.ok(judgeGolden(granted, limits).passed);
    }),
  );
});
