import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fixedParts, reshapeTo } from "./callerShape.ts";
import { elementCount } from "./tensor.ts";

test("free axes keep their lengths, in their order", () => {
  assert.deepEqual(reshapeTo([3, 1], ["N", 1], ["N"]), [3]);
  assert.deepEqual(reshapeTo([3], ["N"], ["N", 1]), [3, 1]);
  assert.deepEqual(reshapeTo([2, 4, 3, 5], ["N", 4, 3, "L"], ["N", 12, "L"]), [2, 12, 5]);
  assert.deepEqual(reshapeTo([1], [1], []), []);
  assert.equal(reshapeTo([3, 2], ["N", 1], ["N"]), undefined);
  assert.equal(reshapeTo([3], ["N", 1], ["N"]), undefined);
});

test("the elements between free axes are counted", () => {
  assert.deepEqual(fixedParts([]), [1]);
  assert.deepEqual(fixedParts(["N", 2, 3]), [1, 6]);
  assert.deepEqual(fixedParts([-1, 6]), [1, 6]);
  assert.deepEqual(fixedParts([4, -1, 3, "L", 5]), [4, 3, 5]);
});

type Form = (number | string)[];

/** A form, and another one of the same fixed parts. */
const forms = fc
  .array(
    fc.record({
      free: fc.boolean(),
      split: fc.boolean(),
      a: fc.integer({ min: 1, max: 4 }),
      b: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 6 },
  )
  .map((axes): { one: Form; other: Form } => ({
    one: axes.map(({ free, a, b }) => (free ? "?" : a * b)),
    other: axes.flatMap(({ free, split, a, b }): Form =>
      free ? ["?"] : split ? [a, b] : [a * b, 1],
    ),
  }));

test("forms with the same parts are turned into each other, no element lost", () => {
  fc.assert(
    fc.property(
      forms,
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 6 }),
      (both, lengths) => {
        const { one, other } = both;
        assert.deepEqual(fixedParts(one), fixedParts(other));
        let next = 0;
        const shape = one.map((length) => (typeof length === "string" ? lengths[next++]! : length));
        const reshaped = reshapeTo(shape, one, other)!;
        assert.equal(elementCount(reshaped), elementCount(shape));
        assert.deepEqual(reshapeTo(reshaped, other, one), shape);
      },
    ),
  );
});
