import assert from "node:assert/strict";
import { test } from "node:test";
import { fromFloat16, toFloat16 } from "@longshore/core";
import fc from "fast-check";
import { zeroSmallest } from "./zeroSmallest.ts";

/** By sorting. */
function zeroSmallestSlowly(values: readonly number[], count: number): number[] {
  const ranked = [...values.keys()].toSorted(
    (a, b) => Math.abs(values[a]!) - Math.abs(values[b]!) || a - b,
  );
  const gone = new Set(ranked.slice(0, count));
  return values.map((value, index) => (gone.has(index) ? 0 : value));
}

/** Some of them equal but for the sign. */
const lists = fc.array(
  fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1, -1, 0.5, -0.5, 1e-40)),
  { minLength: 1, maxLength: 60 },
);
const shares = fc.double({ min: 0, max: 1, noNaN: true });

test("the smallest of FP32 numbers become zero", () => {
  fc.assert(
    fc.property(lists, shares, (values, share) => {
      const count = Math.floor(values.length * share);
      const floats = Float32Array.from(values);
      const expected = zeroSmallestSlowly([...floats], count);
      const before = floats.slice();
      const changed = zeroSmallest(new Uint32Array(floats.buffer), count);
      assert.deepEqual([...floats], expected);
      assert.equal(changed, floats.filter((value, at) => value !== before[at]).length);
    }),
  );
});

test("the smallest of FP16 numbers become zero", () => {
  fc.assert(
    fc.property(lists, shares, (values, share) => {
      const count = Math.floor(values.length * share);
      const patterns = Uint16Array.from(values, toFloat16);
      const expected = zeroSmallestSlowly(Array.from(patterns, fromFloat16), count);
      zeroSmallest(patterns, count);
      assert.deepEqual(Array.from(patterns, fromFloat16), expected);
    }),
  );
});

test("what is not a number counts as large", () => {
  const floats = Float32Array.of(NaN, 3, -Infinity, 2);
  assert.equal(zeroSmallest(new Uint32Array(floats.buffer), 2), 2);
  assert.deepEqual([...floats], [NaN, 0, -Infinity, 0]);
});
