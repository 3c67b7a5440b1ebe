import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { areApart, medianWithInterval, quantile } from "./interval.ts";

test("the median lies within its interval, which lies within the values", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (all) => {
      const { median, low, high } = medianWithInterval(all);
      assert.ok(Math.min(...all) <= low && low <= median && median <= high);
      assert.ok(high <= Math.max(...all));
    }),
  );
});

test("the interval leaves out as many values at each end as the binomial table says", () => {
  // Largest d with P(Binomial(n, ½) < d) ≤ 0.025, from tables of the sign test.
  const table = { 5: 1, 6: 1, 8: 1, 9: 2, 12: 3, 20: 6, 30: 10, 50: 18 };
  for (const [count, place] of Object.entries(table)) {
    const values = Array.from({ length: Number(count) }, (_, index) => index + 1);
    const { low, high } = medianWithInterval(values.toReversed());
    assert.deepEqual([low, high], [place, Number(count) + 1 - place], `${count} values`);
  }
});

test("intervals hold as often as they say", () => {
  const uniform = fc.noBias(fc.integer({ min: 0, max: 1e6 })).map((value) => value / 1e6);
  const random = fc.sample(uniform, { numRuns: 12_000, seed: 7 });
  let [held, all] = [0, 0];
  for (let at = 0; at < random.length; at += 12, all++) {
    // Of a skewed distribution, whose median is ¼.
    const { low, high } = medianWithInterval(random.slice(at, at + 12).map((value) => value ** 2));
    if (low <= 0.25 && 0.25 <= high) held += 1;
  }
  assert.ok(held / all > 0.93, `${held} of ${all}`);
});

test("quantiles interpolate", () => {
  assert.equal(quantile([1, 2, 3, 10], 0.5), 2.5);
  assert.equal(quantile([1, 2, 3, 10], 1), 10);
  assert.equal(quantile([4], 0.99), 4);
});

test("intervals that touch are not apart", () => {
  const interval = (low: number, high: number) => ({ low, high, median: (low + high) / 2 });
  assert.ok(areApart(interval(1, 2), interval(2.1, 3)));
  assert.ok(!areApart(interval(1, 2), interval(2, 3)));
});
