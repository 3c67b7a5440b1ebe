import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { floatText } from "./numberText.ts";

/** Made by `vectors/make.py`: kind, big-endian bits, text. */
const VECTORS = JSON.parse(
  readFileSync(new URL("./vectors/numbers.json", import.meta.url), "utf8"),
) as [kind: "single" | "double", bits: string, text: string][];

test("floats are written as C's %g and the rule of TensorFlow Serving have it", () => {
  for (const [kind, bits, text] of VECTORS) {
    const bytes = Buffer.from(bits, "hex");
    const isSingle = kind === "single";
    const value = isSingle ? bytes.readFloatBE() : bytes.readDoubleBE();
    assert.equal(floatText(value, isSingle), text, `${kind} ${bits}`);
  }
  assert.ok(VECTORS.length > 2000);
});

test("what is not finite is a bare word", () => {
  assert.deepEqual(
    [Number.NaN, Infinity, -Infinity, 0, -0].map((value) => floatText(value, true)),
    ["NaN", "Infinity", "-Infinity", "0.0", "-0.0"],
  );
});

test("every float reads back", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), fc.double({ noNaN: true }), (single, double) => {
      assert.equal(Math.fround(Number(floatText(single, true))), single);
      assert.equal(Number(floatText(double, false)), double);
    }),
    { numRuns: 5000 },
  );
});

test("no float looks like an integer", () => {
  fc.assert(
    fc.property(fc.integer(), (whole) => {
      assert.match(floatText(Math.fround(whole), true), /^-?\d+\.\d+$|^-?\d(?:\.\d+)?e[+-]\d\d$/);
    }),
  );
});
