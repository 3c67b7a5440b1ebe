import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addToHistogram, BINS, binWidth, emptyHistogram } from "./histogram.ts";

test("every value is counted in its bin, and zeros apart from them", () => {
  const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1 });
  const property = fc.property(values, values, (first, second) => {
    const all = [...first, ...second];
    const histogram = emptyHistogram({ min: Math.min(...all), max: Math.max(...all) });
    if (histogram.min === histogram.max) return;
    for (const part of [first, second]) addToHistogram(histogram, Float32Array.from(part));
    const expected = new Float64Array(BINS);
    for (const value of all.filter((one) => one !== 0)) {
      const bin = Math.floor((value - histogram.min) / binWidth(histogram));
      expected[Math.min(bin, BINS - 1)]! += 1;
    }
    assert.equal(histogram.zeros, all.filter((value) => value === 0).length);
    const sums = (counts: Float64Array): Float64Array => {
      let sum = 0;
      return counts.map((count) => (sum += count));
    };
    // A value on the border of two bins may be counted in either.
    const [got, wanted] = [sums(histogram.counts), sums(expected)];
    for (let bin = 1; bin < BINS - 1; bin++) {
      assert.ok(got[bin]! >= wanted[bin - 1]! && got[bin]! <= wanted[bin + 1]!);
    }
    assert.equal(got.at(-1), wanted.at(-1));
  });
  fc.assert(property);
});
