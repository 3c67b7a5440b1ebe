/** Options and columns for steps of outputs, by the step's name; see `parity.test.ts`. */
import fc from "fast-check";
import type { ExampleColumn } from "@longshore/core/pipeline";
import {
  numberFrame,
  positive,
  rowCount,
  single,
  tensors,
  type StepCase,
} from "./primitives.test.ts";

const LABELS = ["no", "perhaps", "yes"];
const WIDTH = LABELS.length;

/** Scores that differ from each other, as the largest of equal ones is a matter of rounding. */
const distinct = (rows: number, value = single): fc.Arbitrary<number[]> =>
  fc
    .array(fc.uniqueArray(value, { minLength: WIDTH, maxLength: WIDTH }), {
      minLength: rows,
      maxLength: rows,
    })
    .map((lists) => lists.flat());

/** Multiples of 1/64 from 0 to 1. */
const probability = fc.integer({ min: 0, max: 64 }).map((count) => count / 64);

/** The tensor `scores` of classes. */
const scores = (value = single): fc.Arbitrary<Record<string, ExampleColumn>> =>
  rowCount.chain((rows) =>
    fc
      .tuple(fc.constantFrom("FP32" as const, "FP64" as const), distinct(rows, value), fc.boolean())
      .map(([datatype, data, labelled]) => ({
        scores: { datatype, shape: [rows, WIDTH], data, ...(labelled && { labels: LABELS }) },
      })),
  );

/** A number column or a tensor, as steps take that change each number by itself. */
const values = (value = single): fc.Arbitrary<Record<string, ExampleColumn>> =>
  fc.oneof(
    numberFrame(["other", "y"], value),
    rowCount.chain((rows) =>
      fc.record({
        y: fc
          .tuple(
            fc.constantFrom("FP32" as const, "FP64" as const),
            fc.constantFrom([], [1], [2, 3]),
          )
          .chain(([datatype, shape]) => tensors(rows, shape, { datatype, value })),
      }),
    ),
  );

const into = fc.constantFrom({}, { into: "made" }, { into: "y" });

/** A step that changes each number by itself. */
const elementwise = (
  options: fc.Arbitrary<Record<string, unknown>>,
  value = single,
): fc.Arbitrary<StepCase> =>
  fc.record({
    options: fc.tuple(options, into).map(([own, where]) => ({ column: "y", ...own, ...where })),
    given: values(value),
  });

/** Small enough for exponentials. */
const small = fc.float({ min: -8, max: 8, noNaN: true }).map((value) => value + 0);

export const outputs: Readonly<Record<string, fc.Arbitrary<StepCase>>> = {
  softmax: fc.record({
    options: fc.constantFrom({ column: "scores" }, { column: "scores", into: "p" }),
    given: scores(),
  }),
  sigmoid: elementwise(fc.constant({})),
  platt: elementwise(fc.record({ a: fc.float({ min: -2, max: 2, noNaN: true }), b: small }), small),
  temperature: fc.oneof(
    fc.record({
      options: fc.record({ column: fc.constant("scores"), temperature: positive }),
      given: scores(),
    }),
    fc.record({
      options: fc.record({
        column: fc.constant("scores"),
        temperature: fc.float({ min: 0.25, max: 4, noNaN: true }),
        of: fc.constant("probabilities"),
        into: fc.constant("p"),
      }),
      given: scores(probability),
    }),
  ),
  labels: fc.oneof(
    fc.record({
      options: fc.record(
        {
          column: fc.constant("scores"),
          labels: fc.constant(["a", "b", "c"]),
          into: fc.constant("answer"),
        },
        { requiredKeys: ["column", "labels"] },
      ),
      given: scores(),
    }),
    rowCount.chain((rows) =>
      fc
        .tuple(
          fc.constantFrom("INT64" as const, "INT32" as const),
          fc.constantFrom([], [1]),
          fc.constantFrom({}, { labels: LABELS }, { into: "answer" }),
        )
        .chain(([datatype, shape, options]) =>
          fc.record({
            options: fc.constant({ column: "place", ...options }),
            given: fc.record({
              place: tensors(rows, shape, { datatype, value: fc.integer({ min: -1, max: 4 }) }),
            }),
          }),
        ),
    ),
    rowCount.chain((rows) =>
      fc.record({
        options: fc.constant({ column: "name" }),
        given: fc.record({
          name: fc
            .array(fc.constantFrom("cat", "ünseen", ""), { minLength: rows, maxLength: rows })
            .map((data) => ({ datatype: "BYTES" as const, shape: [rows, 1], data })),
        }),
      }),
    ),
  ),
  pick: fc.oneof(
    fc.record({
      options: fc.record(
        {
          column: fc.constant("scores"),
          at: fc.integer({ min: 0, max: WIDTH - 1 }),
          into: fc.constant("one"),
        },
        { requiredKeys: ["column", "at"] },
      ),
      given: scores(),
    }),
    rowCount.chain((rows) =>
      fc
        .tuple(fc.constantFrom("FP32" as const, "UINT8" as const), fc.constantFrom([], [1]))
        .chain(([datatype, shape]) =>
          fc.record({
            options: fc.constant({ column: "y" }),
            given: fc.record({
              y: tensors(rows, shape, { datatype, value: fc.integer({ min: 0, max: 255 }) }),
            }),
          }),
        ),
    ),
  ),
  split: fc.oneof(
    fc.record({
      options: fc.record({
        column: fc.constant("scores"),
        into: fc.constantFrom(["a", "b", "c"], ["a", "scores", "c"]),
      }),
      given: scores(),
    }),
    rowCount.chain((rows) =>
      fc.record({
        options: fc.constant({ column: "names", into: ["first", "second"] }),
        given: fc.record({
          names: fc
            .array(fc.constantFrom("cat", "dog", ""), { minLength: 2 * rows, maxLength: 2 * rows })
            .map((data) => ({ datatype: "BYTES" as const, shape: [rows, 2], data })),
        }),
      }),
    ),
  ),
  threshold: fc
    .array(fc.oneof(probability, fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 3,
      maxLength: 3,
    })
    .chain((edges) => {
      const [from, at, to] = edges.toSorted((a, b) => a - b) as [number, number, number];
      // Numbers on the edges, as single precision has them, and next to them.
      const near = fc.oneof(probability, fc.constantFrom(from, at, to).map(Math.fround));
      const band = { abstain: { from, to, label: "unsure" } };
      return fc.record({
        options: fc
          .constantFrom({}, from < to ? band : {})
          .map((more) => ({ column: "p", at, labels: ["no", "yes"], into: "answer", ...more })),
        given: numberFrame(["p", "q"], near),
      });
    }),
  "class-thresholds": fc.record({
    options: fc
      .tuple(
        fc.oneof(probability, fc.array(probability, { minLength: WIDTH, maxLength: WIDTH })),
        fc.constantFrom({}, { abstain: "none" }),
      )
      .map(([at, more]) => ({ column: "scores", at, labels: LABELS, into: "answer", ...more })),
    given: scores(probability),
  }),
  "scale-back": elementwise(fc.record({ scale: positive, center: single })),
  exp: elementwise(
    fc.record({ function: fc.constantFrom("exp", "expm1", "exp2", "exp10"), offset: small }),
    fc.float({ min: -4, max: 4, noNaN: true }).map((value) => value + 0),
  ),
  reshape: rowCount.chain((rows) =>
    fc.record({
      options: fc
        .tuple(fc.constantFrom([6], [3, 2], [1, 6]), into)
        .map(([shape, where]) => ({ column: "y", shape, ...where })),
      given: fc.record({ y: tensors(rows, [2, 3]) }),
    }),
  ),
  transpose: rowCount.chain((rows) =>
    fc.record({
      options: fc
        .shuffledSubarray([0, 1, 2], { minLength: 3 })
        .map((axes) => ({ column: "y", axes })),
      given: fc.record({
        y: fc
          .constantFrom("FP32" as const, "UINT8" as const)
          .chain((datatype) =>
            tensors(rows, [2, 3, 4], { datatype, value: fc.integer({ min: 0, max: 255 }) }),
          ),
      }),
    }),
  ),
};
