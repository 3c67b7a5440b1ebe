import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../../../../test/support/network.ts";
import { solveCholesky } from "./cholesky.ts";

/** Gaussian elimination with pivots, on rows of numbers. */
function solveSlowly(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, b[index]!]);
  for (let column = 0; column < rows.length; column++) {
    const rest = rows.slice(column).map((row) => Math.abs(row[column]!));
    const pivot = column + rest.indexOf(Math.max(...rest));
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (const [index, row] of rows.entries()) {
      if (index === column) continue;
      const factor = row[column]! / rows[column]![column]!;
      for (let at = column; at <= rows.length; at++) row[at]! -= factor * rows[column]![at]!;
    }
  }
  return rows.map((row, index) => row.at(-1)! / row[index]!);
}

test("systems of all sizes around the block's are solved as by elimination", () => {
  const random = seededRandom(3);
  const numbers = (count: number): number[] => Array.from({ length: count }, () => random() - 0.5);
  for (const [size, count] of [
    [1, 1],
    [2, 3],
    [7, 2],
    [47, 1],
    [48, 4],
    [49, 3],
    [97, 5],
  ] as const) {
    const factors = Array.from({ length: size }, () => numbers(size));
    const matrix = factors.map((a, i) =>
      factors.map((b, j) => a.reduce((sum, x, at) => sum + x * b[at]!, i === j ? 0.1 : 0)),
    );
    const sides = Array.from({ length: count }, () => numbers(size));
    // The upper triangle must not matter.
    const lower = matrix.map((row, i) => row.map((value, j) => (j > i ? NaN : value)));
    const system = Float64Array.from([...lower, ...sides].flat());
    const sum = solveCholesky(system, size);
    let expectedSum = 0;
    for (const [index, side] of sides.entries()) {
      const start = (size + index) * size;
      for (const [at, expected] of solveSlowly(matrix, side).entries()) {
        const actual = system[start + at]!;
        assert.ok(Math.abs(actual - expected) < 1e-9 * (1 + Math.abs(expected)));
        expectedSum += expected * side[at]!;
      }
    }
    assert.ok(Math.abs(sum! - expectedSum) < 1e-9 * (1 + Math.abs(expectedSum)));
  }
});

test("a matrix that is not positive definite, or not finite, has no solution", () => {
  assert.equal(solveCholesky(Float64Array.of(1, 0, 2, 1, 1, 1), 2), undefined);
  assert.equal(solveCholesky(Float64Array.of(0, 1), 1), undefined);
  assert.equal(solveCholesky(Float64Array.of(NaN, 1), 1), undefined);
  assert.equal(solveCholesky(Float64Array.of(1, NaN), 1), undefined);
});
