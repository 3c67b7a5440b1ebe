import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnOf } from "../columns.ts";
import { runStep } from "../exampleFrame.test.ts";
import { window } from "./window.ts";

const samples = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 20 });
const length = fc.integer({ min: 1, max: 8 });
const keep = fc.constantFrom("start", "end");

async function run(series: number[][], options: object) {
  const { frame } = await runStep(window, {
    options: { column: "x", ...options },
    given: { x: { series } },
  });
  return columnOf(frame, "x", "tensor").tensor;
}

/** With lists instead of places in memory. */
function slowFit(series: number[], size: number, side: string, fill: number): number[] {
  if (side === "end") return slowFit(series.toReversed(), size, "start", fill).toReversed();
  const list = series.slice(0, size);
  while (list.length < size) list.push(fill);
  return list;
}

test("one window a row", async () => {
  const rows = fc.array(samples, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rows, length, keep, async (series, size, side) => {
      const tensor = await run(series, { length: size, keep: side, fill: 7 });
      assert.deepEqual(tensor.shape, [series.length, size]);
      const expected = series.flatMap((row) => slowFit(row, size, side, 7));
      assert.deepEqual([...(tensor.data as Float32Array)], expected);
    }),
  );
});

test("as many windows as fit", async () => {
  await fc.assert(
    fc.asyncProperty(samples, length, length, keep, async (series, size, hop, side) => {
      const tensor = await run([series], { length: size, hop, keep: side, fill: 7 });
      const starts: number[] = [];
      for (let start = 0; start + size <= series.length; start += hop) starts.push(start);
      // From the end, the last window ends where the series does.
      const shift = side === "start" ? 0 : series.length - (starts.at(-1) ?? 0) - size;
      const windows =
        starts.length === 0
          ? [slowFit(series, size, side, 7)]
          : starts.map((start) => series.slice(start + shift, start + shift + size));
      assert.deepEqual(tensor.shape, [1, windows.length, size]);
      assert.deepEqual([...(tensor.data as Float32Array)], windows.flat());
    }),
  );
});

test("rows of different numbers of windows are refused", async () => {
  await assert.rejects(
    run(
      [
        [1, 2],
        [1, 2, 3],
      ],
      { length: 2, hop: 1 },
    ),
    {
      code: "FIELD_INVALID",
      message: /in row 1: it makes 2 windows, and row 0 makes 1/,
    },
  );
});
