import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { toGrey } from "./colour.ts";
import type { Filter } from "./filters.ts";
import { resizeImage, type Pixels } from "./resize.ts";

/** What PIL makes of small images; see `vectors/make.py`. */
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "vectors/pil.json"), "utf8")) as {
  resize: {
    kind: string;
    from: [number, number];
    to: [number, number];
    pixels: string;
    resized: Record<Filter, string>;
  }[];
  luma: { width: number; height: number; pixels: string; grey: string };
};

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));

describe("resizing equals PIL's, bit by bit", () => {
  for (const { kind, from, to, pixels, resized } of vectors.resize) {
    const image: Pixels = { width: from[0], height: from[1], channels: 3, data: bytes(pixels) };
    for (const [filter, expected] of Object.entries(resized)) {
      test(`${kind} ${from.join("×")} to ${to.join("×")}, ${filter}`, () => {
        const size = { width: to[0], height: to[1] };
        assert.deepEqual(resizeImage(image, size, filter as Filter).data, bytes(expected));
      });
    }
  }
});

test("grey equals PIL's", () => {
  const { width, height, pixels, grey } = vectors.luma;
  const image: Pixels = { width, height, channels: 3, data: bytes(pixels) };
  assert.deepEqual(toGrey(image).data, bytes(grey));
});

const size = fc.integer({ min: 1, max: 24 });
const filters = fc.constantFrom<Filter[]>("nearest", "bilinear", "bicubic", "lanczos");

test("one colour stays that colour at every size", () => {
  fc.assert(
    fc.property(size, size, size, size, fc.nat(255), filters, (w, h, toW, toH, value, filter) => {
      const data = new Uint8Array(w * h * 2).fill(value);
      const resized = resizeImage(
        { width: w, height: h, channels: 2, data },
        { width: toW, height: toH },
        filter,
      );
      assert.equal(resized.data.length, toW * toH * 2);
      // Fixed-point weights add up to 1 but for their rounding.
      assert.ok(resized.data.every((got) => Math.abs(got - value) <= 1));
    }),
  );
});

test("channels do not mix", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 12 * 9 * 3, maxLength: 12 * 9 * 3 }),
      size,
      size,
      filters,
      (data, width, height, filter) => {
        const image: Pixels = { width: 12, height: 9, channels: 3, data };
        const whole = resizeImage(image, { width, height }, filter).data;
        for (const channel of [0, 1, 2]) {
          const one = data.filter((_, index) => index % 3 === channel);
          const alone = resizeImage(
            { ...image, channels: 1, data: one },
            { width, height },
            filter,
          );
          assert.deepEqual(
            alone.data,
            whole.filter((_, index) => index % 3 === channel),
          );
        }
      },
    ),
    { numRuns: 50 },
  );
});
