import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBfloat16, toBfloat16 } from "./bfloat16.ts";

/** The nearest pattern, found by comparing exact distances; ties go to the even pattern. */
function nearest(value: number): number {
  let best = 0;
  let bestDistance = Infinity;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  // Binary search over the ordered positive patterns, then the two neighbours.
  let low = 0;
  let high = 0x7f7f;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fromBfloat16(middle) <= size) low = middle;
    else high = middle - 1;
  }
  for (const pattern of [low, low + 1]) {
    // One past the largest finite pattern rounds as if it were the next power of two.
    const candidate = pattern === 0x7f80 ? 2 ** 128 : fromBfloat16(pattern);
    const distance = Math.abs(candidate - size);
    if (distance < bestDistance || (distance === bestDistance && pattern % 2 === 0)) {
      best = pattern;
      bestDistance = distance;
    }
  }
  return sign | best;
}

test("every pattern survives the way through a number", () => {
  for (let bits = 0; bits < 65_536; bits++) {
    const value = fromBfloat16(bits);
    if (Number.isNaN(value)) continue;
    assert.equal(toBfloat16(value), bits);
  }
});

test("a double rounds once, to the nearest bfloat16", () => {
  const single = fc.float({ noNaN: true, noDefaultInfinity: true });
  const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: -3e38, max: 3e38 });
  /** A midpoint of two bfloat16, moved by less than a single can tell. */
  const besideMidpoint = fc
    .tuple(fc.integer({ min: 1, max: 0x7f00 }), fc.constantFrom(-1, 0, 1))
    .map(([bits, move]) => {
      const middle = (fromBfloat16(bits) + fromBfloat16(bits + 1)) / 2;
      return middle * (1 + move * 2 ** -40);
    });
  fc.assert(
    fc.property(fc.oneof(single, double, besideMidpoint), (value) => {
      assert.equal(toBfloat16(value), nearest(value));
    }),
    { numRuns: 5000 },
  );
});
