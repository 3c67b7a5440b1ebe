import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromFloat16, toFloat16 } from "./float16.ts";

test("every bit pattern means what the platform's own half precision says, and comes back", () => {
  const view = new DataView(new ArrayBuffer(2));
  for (let bits = 0; bits < 2 ** 16; bits++) {
    view.setUint16(0, bits);
    const value = fromFloat16(bits);
    assert.ok(Object.is(value, view.getFloat16(0)), bits.toString(16));
    if (!Number.isNaN(value)) assert.equal(toFloat16(value), bits);
  }
});

test("a number becomes the nearest half, ties to even", () => {
  const view = new DataView(new ArrayBuffer(2));
  const sizes = fc.oneof(
    fc.double({ noNaN: true }),
    fc.double({ noNaN: true, min: -70_000, max: 70_000 }),
    fc.double({ noNaN: true, min: -(2 ** -13), max: 2 ** -13 }),
    // Just on, above and below the middle of two halves.
    fc
      .tuple(fc.integer({ min: 0, max: 0x7bff }), fc.constantFrom(-1e-12, 0, 1e-12))
      .map(([bits, nudge]) => ((fromFloat16(bits) + fromFloat16(bits + 1)) / 2) * (1 + nudge)),
  );
  fc.assert(
    fc.property(sizes, (value) => {
      view.setFloat16(0, value);
      assert.equal(toFloat16(value), view.getUint16(0));
    }),
    { numRuns: 5000 },
  );
  assert.equal(fromFloat16(toFloat16(Number.NaN)), Number.NaN);
});
