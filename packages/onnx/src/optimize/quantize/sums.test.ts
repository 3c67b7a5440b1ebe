import assert from "node:assert/strict";
import { test } from "node:test";
import { BIAS_LIMIT, sumObstacle } from "./sums.ts";

/** Adds up the largest products there are, on what is there before. */
function fits(products: number, others: number): boolean {
  let sum = BigInt(others);
  for (let count = 0; count < products; count++) sum += 255n * 127n;
  return BigInt.asIntN(32, sum) === sum;
}

test("as many products are allowed as 32 bits hold, and not one more", () => {
  for (const [most, others] of [
    [66311, 0],
    [33155, BIAS_LIMIT],
  ] as const) {
    assert.deepEqual([fits(most, others), fits(most + 1, others)], [true, false]);
    assert.equal(sumObstacle(most, others), undefined);
    assert.equal(
      sumObstacle(most + 1, others),
      `the sum of ${most + 1} products may not fit in 32 bits`,
    );
  }
});
