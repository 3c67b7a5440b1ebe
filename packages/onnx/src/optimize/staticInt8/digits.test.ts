/** A model that was really trained, on data that it was not trained on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countRight,
  digitsModel,
  digitsRows,
  digitsSamples,
} from "../../../../../test/support/digits.ts";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { calibrate } from "../calibrate/calibrate.ts";
import { cleanModel } from "../clean/cleanModel.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

for (const method of ["minmax", "percentile", "entropy"] as const)
  test(`digits, calibrated by ${method}, lose at most one in 200`, async () => {
    const rows = digitsRows();
    const [seen, unseen] = [rows.slice(0, 100), rows.slice(100)];
    const { model: original } = await cleanModel(digitsModel(), openRunnable);
    const ranges = await calibrate(original, digitsSamples(seen), openRunnable, { method });
    const { model: quantized, skipped } = quantizeStatic(original, ranges);
    assert.deepEqual(skipped, []);
    const before = await countRight(original, unseen);
    assert.ok(before > 0.9 * unseen.length, `${before} of ${unseen.length}`);
    const after = await countRight(quantized, unseen);
    assert.ok(before - after <= unseen.length / 200, `${before} right before, ${after} after`);
  });
