import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../../../../../test/support/network.ts";
import { openRunnable } from "../../../../../../test/support/ort.ts";
import type { RunnableModel } from "../../runtime.ts";
import { NormalEquations, type Correction } from "./normalEquations.ts";

type Rows = readonly (readonly number[])[];

async function solve(
  features: Rows,
  residuals: Rows,
  ridge: number,
  free: number,
): Promise<Correction | undefined> {
  const opened: RunnableModel[] = [];
  const equations = await NormalEquations.open(
    features[0]!.length,
    residuals[0]!.length,
    async (model) => {
      const runnable = await openRunnable(model);
      opened.push(runnable);
      return runnable;
    },
  );
  for (const [index, row] of features.entries())
    await equations.add((f, r) => {
      f.set(row);
      r.set(residuals[index]!);
    });
  const correction = await equations.solve(ridge, free);
  for (const runnable of opened) await runnable.close();
  return correction;
}

/** Squared error of the residuals that a correction leaves, and the size of the penalised weights. */
function judge(features: Rows, residuals: Rows, weights: Float64Array, free: number) {
  const width = features[0]!.length;
  let error = 0;
  for (const [index, row] of features.entries())
    for (const [output, residual] of residuals[index]!.entries()) {
      const start = output * width;
      error += row.reduce((rest, f, at) => rest - f * weights[start + at]!, residual) ** 2;
    }
  const size = weights.reduce((sum, w, at) => sum + (at % width < width - free ? w ** 2 : 0), 0);
  return { error, size };
}

test("the correction is the best one, and its errors are as it says", async () => {
  const cases = fc.record({
    seed: fc.nat(),
    // More than one chunk, and fewer rows than features.
    rows: fc.constantFrom(1, 3, 20, 600, 1100),
    width: fc.integer({ min: 2, max: 9 }),
    outputs: fc.integer({ min: 1, max: 4 }),
    free: fc.constantFrom(0, 1),
    ridge: fc.constantFrom(1e-3, 0.01, 1),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, rows, width, outputs, free, ridge }) => {
      const random = seededRandom(seed);
      const numbers = (count: number): number[] =>
        Array.from({ length: count }, () => random() * 2 - 1);
      const features = Array.from({ length: rows }, () =>
        free ? [...numbers(width - 1), 1] : numbers(width),
      );
      const residuals = Array.from({ length: rows }, () => numbers(outputs));
      const { weights, errorBefore, errorAfter } = (await solve(features, residuals, ridge, free))!;
      const none = judge(features, residuals, new Float64Array(weights.length), free);
      const best = judge(features, residuals, weights, free);
      const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b));
      assert.ok(near(errorBefore, none.error), `${errorBefore} is not ${none.error}`);
      assert.ok(near(errorAfter, best.error), `${errorAfter} is not ${best.error}`);
      assert.ok(errorAfter <= errorBefore + 1e-9);
      const squares = features.flatMap((row) => row.slice(0, width - free).map((f) => f ** 2));
      const penalty = (ridge * squares.reduce((a, b) => a + b, 0)) / (width - free);
      const cost = ({ error, size }: { error: number; size: number }): number =>
        error + penalty * size;
      for (let step = 0; step < 5; step++) {
        const other = weights.map((w) => w + (random() - 0.5) / 50);
        assert.ok(cost(judge(features, residuals, other, free)) >= cost(best) - 1e-9);
      }
    }),
    { numRuns: 60 },
  );
});

test("there is no correction without rows, or with some that are not finite", async () => {
  const opened = await NormalEquations.open(2, 1, openRunnable);
  assert.equal(await opened.solve(0.01), undefined);
  assert.equal(
    await solve(
      [
        [1, 2],
        [NaN, 1],
      ],
      [[1], [1]],
      0.01,
      0,
    ),
    undefined,
  );
  assert.equal(
    await solve(
      [
        [1, 2],
        [3, 1],
      ],
      [[1], [Infinity]],
      0.01,
      0,
    ),
    undefined,
  );
});
