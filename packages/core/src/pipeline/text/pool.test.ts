import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { columnOf } from "../columns.ts";
import { runStep } from "../exampleFrame.test.ts";
import { pool } from "./pool.ts";

const mask = { datatype: "INT64", shape: [2, 2], data: [1, 0, 0, 0] } as const;

for (const [method, expected] of [
  ["mean", [1, 2, 0, 0]],
  ["max", [1, 2, 0, 0]],
  ["cls", [1, 2, 5, 6]],
] as const) {
  test(`${method}: what the model makes of padding counts for nothing`, async () => {
    const data = [1, 2, Number.NaN, Number.POSITIVE_INFINITY, 5, 6, 7, 8];
    const { frame } = await runStep(pool, {
      options: { column: "states", method },
      given: { states: { datatype: "FP32", shape: [2, 2, 2], data }, attention_mask: mask },
    });
    const { tensor } = columnOf(frame, "states", "tensor");
    assert.deepEqual([...(tensor.data as Float32Array)], expected);
  });
}

describe("says what is wrong with a bundle", () => {
  const states = { datatype: "FP32", shape: [2, 2, 2], data: Array.from({ length: 8 }, () => 0) };
  const run = (given: object): Promise<unknown> =>
    runStep(pool, { options: { column: "states", method: "mean" }, given: given as never });
  test("no mask", () => assert.rejects(run({ states }), /there is no column "attention_mask"/));
  test("no vectors", () =>
    assert.rejects(
      run({ states: mask, attention_mask: mask }),
      /is not FP32\[rows, tokens, width/,
    ));
  test("a mask of floats", () =>
    assert.rejects(run({ states, attention_mask: states }), /is not INT64\[rows, tokens\]/));
});
