import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { areaAverage } from "./areaAverage.ts";
import { findInk, otsuThreshold } from "./ink.ts";
import type { Pixels } from "./resize.ts";

/** Lines of characters as pixels: `#` is dark, anything else light. */
function picture(lines: readonly string[], dark = 30, light = 200): Pixels {
  const data = Uint8Array.from(lines.join(""), (character) => (character === "#" ? dark : light));
  return { width: lines[0]!.length, height: lines.length, channels: 1, data };
}

/** The ink found, as lines again. */
function inkOf(image: Pixels): string[] {
  const ink = [...findInk(image)!].map((value) => (value === 1 ? "#" : ".")).join("");
  return Array.from({ length: image.height }, (_, row) =>
    ink.slice(row * image.width, (row + 1) * image.width),
  );
}

/** Word by word: the variance between the two classes, for every level. */
function slowThreshold(levels: readonly number[]): number | undefined {
  const mean = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0) / some.length;
  let best: { level: number; variance: number } | undefined;
  for (let level = 0; level < 255; level++) {
    const dark = levels.filter((value) => value <= level);
    const light = levels.filter((value) => value > level);
    if (dark.length === 0 || light.length === 0) continue;
    const variance = dark.length * light.length * (mean(dark) - mean(light)) ** 2;
    if (best === undefined || variance > best.variance * (1 + 1e-12)) best = { level, variance };
  }
  return best?.level;
}

test("Otsu's threshold is the one of the largest variance", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { minLength: 1, maxLength: 30 }), (levels) => {
      assert.equal(otsuThreshold(Uint8Array.from(levels)), slowThreshold(levels));
    }),
  );
});

const SEVEN = ["........", ".#####..", "....#...", "...#....", "...#....", "........"];

test("ink is found whether it is dark or light", () => {
  assert.deepEqual(inkOf(picture(SEVEN)), SEVEN);
  assert.deepEqual(inkOf(picture(SEVEN, 240, 10)), SEVEN);
  assert.deepEqual(inkOf(picture(SEVEN, 101, 100)), SEVEN);
});

test("ink may touch the border, and fill most of the picture", () => {
  const full = ["#######.", "########", "########", ".######.", "........", "........"];
  assert.deepEqual(inkOf(picture(full)), full);
});

test("specks are paper, small parts that are large enough are ink", () => {
  const rows = (count: number, line: string): string[] => Array.from({ length: count }, () => line);
  const stroke = rows(30, `..${"#".repeat(10)}${".".repeat(8)}`);
  const blank = ".".repeat(20);
  const speck = `${".".repeat(17)}##.`;
  const dot = `${".".repeat(15)}###..`;
  assert.deepEqual(inkOf(picture([blank, ...stroke, blank, speck, blank])), [
    blank,
    ...stroke,
    blank,
    blank,
    blank,
  ]);
  const dotted = [blank, ...stroke, blank, dot, blank];
  assert.deepEqual(inkOf(picture(dotted)), dotted);
});

test("nothing but paper has no ink", () => {
  assert.equal(findInk(picture(["...", "..."])), undefined);
});

test("a cell is the mean of what lies in it", () => {
  const size = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      size.chain((width) =>
        size.chain((height) =>
          fc.record({
            width: fc.constant(width),
            height: fc.constant(height),
            values: fc.uint8Array({
              minLength: width * height,
              maxLength: width * height,
              max: 1,
            }),
          }),
        ),
      ),
      size,
      size,
      ({ width, height, values }, columns, rows) => {
        const whole = { from: 0, first: 0 };
        const got = areaAverage(
          values,
          width,
          { columns, rows },
          { ...whole, to: width, length: columns },
          { ...whole, to: height, length: rows },
        );
        // Every pixel as `columns` by `rows` small ones; every cell has `width` by `height` of them.
        const expected = Array.from({ length: rows * columns }, (_, cell) => {
          const [row, column] = [Math.floor(cell / columns), cell % columns];
          let sum = 0;
          for (let y = row * height; y < (row + 1) * height; y++)
            for (let x = column * width; x < (column + 1) * width; x++)
              sum += values[Math.floor(y / rows) * width + Math.floor(x / columns)]!;
          return sum / (width * height);
        });
        for (const [cell, value] of expected.entries())
          assert.ok(
            Math.abs(got[cell]! - value) < 1e-6,
            `cell ${cell}: ${got[cell]}, not ${value}`,
          );
      },
    ),
  );
});

test("what lies outside of the picture is 0", () => {
  const got = areaAverage(
    Uint8Array.of(1, 1),
    1,
    { columns: 4, rows: 1 },
    { from: 0, to: 1, first: 1, length: 1.5 },
    { from: 0, to: 2, first: 0, length: 1 },
  );
  assert.deepEqual([...got], [0, 1, 0.5, 0]);
});
