/** Options and columns for steps of text, by the step's name; see `parity.test.ts`. */
import fc from "fast-check";
import { rowCount, tensors, type StepCase } from "./primitives.test.ts";

const into = fc.constantFrom({}, { into: "made" });

/** Hidden states, and a mask with padding at either side; rows of nothing but padding, too. */
const pool: fc.Arbitrary<StepCase> = fc
  .tuple(rowCount, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, tokens, width]) =>
    fc.record({
      options: fc
        .tuple(fc.constantFrom("mean", "max", "cls"), into)
        .map(([method, more]) => ({ column: "states", method, ...more })),
      given: fc.record({
        states: tensors(rows, [tokens, width]),
        attention_mask: tensors(rows, [tokens], {
          datatype: "INT64",
          value: fc.constantFrom(0, 1),
        }),
      }),
    }),
  );

/** Vectors, single numbers in a row and matrices; zeros among them. */
const l2Normalize: fc.Arbitrary<StepCase> = fc
  .tuple(rowCount, fc.constantFrom([1], [3], [2, 4]))
  .chain(([rows, shape]) =>
    fc.record({
      options: into.map((more) => ({ column: "x", ...more })),
      given: fc.record({ x: fc.oneof(tensors(rows, shape), zeros(rows, shape)) }),
    }),
  );

const zeros = (rows: number, shape: readonly number[]): ReturnType<typeof tensors> =>
  tensors(rows, shape, { value: fc.constant(0) });

export const text: Readonly<Record<string, fc.Arbitrary<StepCase>>> = {
  pool,
  "l2-normalize": l2Normalize,
};
