import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { roundClamped, roundHalfEven } from "./round.ts";

/** As the definition says, without tricks. */
function reference(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

test("halves go to the even neighbour, all else to the nearest", () => {
  const halves = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5, 127.5, 0.49999999999999994];
  assert.deepEqual(halves.map(roundHalfEven), [0, 2, 2, 0, -2, -2, 126, 128, 0]);
  const near = fc.oneof(
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.integer().map((n) => n / 2),
  );
  fc.assert(
    fc.property(near, (value) => {
      assert.equal(roundHalfEven(value) + 0, reference(value) + 0);
    }),
  );
});

test("what lies outside of the limits becomes the limit", () => {
  const values = [-Infinity, -129, -128.5, 127.4, 127.5, 1e300, Infinity];
  const clamped = values.map((value) => roundClamped(value, -128, 127));
  assert.deepEqual(clamped, [-128, -128, -128, 127, 127, 127, 127]);
});
