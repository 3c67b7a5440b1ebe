/** Against scipy and numpy; `vectors/make.py` has written down what they answer. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { Covariance } from "../../profile/index.ts";
import { chiSquaredBelow, chiSquaredQuantile } from "./chiSquared.ts";
import { mahalanobis } from "./mahalanobis.ts";

interface Vectors {
  readonly chiSquared: {
    readonly quantiles: readonly [degrees: number, probability: number, value: number][];
    readonly below: readonly [degrees: number, value: number, probability: number][];
  };
  readonly mahalanobis: {
    readonly fields: readonly string[];
    readonly data: readonly number[][];
    readonly rows: readonly number[][];
    readonly squaredDistances: readonly number[];
  };
}

const vectors = JSON.parse(
  readFileSync(new URL("vectors/distances.json", import.meta.url), "utf8"),
) as Vectors;

function near(got: number, expected: number, tolerance: number, what: string): void {
  const off = Math.abs(got - expected) / Math.max(1e-12, Math.abs(expected));
  assert.ok(off <= tolerance, `${what}: ${got}, expected ${expected}`);
}

test("quantiles of chi-squared are those of scipy", () => {
  const { quantiles, below } = vectors.chiSquared;
  assert.ok(quantiles.length >= 100 && below.length >= 60);
  for (const [degrees, probability, value] of quantiles)
    near(chiSquaredQuantile(degrees, probability), value, 1e-8, `${degrees}, ${probability}`);
  for (const [degrees, value, probability] of below)
    near(chiSquaredBelow(degrees, value), probability, 1e-10, `${degrees}, ${value}`);
});

/** Means and co-moments by their definition, in two passes. */
function covarianceOf(fields: readonly string[], data: readonly (readonly number[])[]): Covariance {
  const mean = fields.map(
    (_, field) => data.reduce((sum, row) => sum + row[field]!, 0) / data.length,
  );
  const comoments = fields.flatMap((_, i) =>
    fields
      .slice(0, i + 1)
      .map((_, j) =>
        data.reduce((sum, row) => sum + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0),
      ),
  );
  return { fields: [...fields], count: data.length, mean, comoments };
}

test("distances are those of numpy", () => {
  const { fields, data, rows, squaredDistances } = vectors.mahalanobis;
  const { squaredDistance, fields: kept } = mahalanobis(covarianceOf(fields, data));
  assert.deepEqual(kept, fields);
  for (const [row, values] of rows.entries()) {
    const expected = squaredDistances[row]!;
    // The last row is the middle itself.
    if (row === rows.length - 1) assert.ok(squaredDistance(values) < 1e-12);
    else near(squaredDistance(values), expected, 1e-6, `row ${row}`);
  }
});

test("fields that never vary, and sums of others, do not count", () => {
  const { fields, data, rows } = vectors.mahalanobis;
  const more = (row: readonly number[]): number[] => [7, ...row, row[0]! - 3 * row[4]! + 2];
  const alone = mahalanobis(covarianceOf(fields, data));
  const together = mahalanobis(covarianceOf(["same", ...fields, "sum"], data.map(more)));
  assert.deepEqual(together.fields, fields);
  for (const row of rows) assert.equal(together.squaredDistance(row), alone.squaredDistance(row));
});

test("units do not matter", () => {
  const { fields, data, rows } = vectors.mahalanobis;
  const before = mahalanobis(covarianceOf(fields, data));
  const unit = fc.constantFrom(1e-3, 0.5, 2.54, 1e6);
  fc.assert(
    fc.property(
      fc.array(unit, { minLength: fields.length, maxLength: fields.length }),
      fc.constantFrom(...rows.slice(0, -1)),
      (units, row) => {
        const convert = (values: readonly number[]): number[] =>
          values.map((value, index) => value * units[index]!);
        const after = mahalanobis(covarianceOf(fields, data.map(convert)));
        near(after.squaredDistance(convert(row)), before.squaredDistance(row), 1e-6, `${units}`);
      },
    ),
    { numRuns: 25 },
  );
});
