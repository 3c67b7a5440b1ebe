/** Options and columns for steps of tables, by the step's name; see `parity.test.ts`. */
import fc from "fast-check";
import {
  NAMES,
  numberFrame,
  numbers,
  perName,
  positive,
  rowCount,
  single,
  someOf,
  tensors,
  texts,
  type StepCase,
} from "./primitives.test.ts";

const WORDS = ["red", "green", "blue"] as const;

/** Rising numbers. */
const rising = (most: number): fc.Arbitrary<number[]> =>
  fc
    .uniqueArray(single, { minLength: 1, maxLength: most })
    .map((values) => values.toSorted((a, b) => a - b));

/** Number columns as `names`, and options that depend on which columns are chosen. */
const overNumbers = (
  options: (columns: string[]) => Record<string, fc.Arbitrary<unknown>>,
  value = single,
): fc.Arbitrary<StepCase> =>
  someOf(NAMES).chain((columns) =>
    fc.record({
      options: fc.record({ columns: fc.constant(columns), ...options(columns) }),
      given: numberFrame(NAMES, value),
    }),
  );

/** Two text columns and two number columns of few different values. */
const categorical: fc.Arbitrary<StepCase["given"]> = rowCount.chain((rows) =>
  fc.record({
    t: texts(rows, WORDS),
    u: texts(rows, WORDS),
    n: numbers(rows, fc.integer({ min: -2, max: 2 })),
    m: numbers(rows, fc.integer({ min: -2, max: 2 })),
  }),
);

/** Categories for columns of {@link categorical}. */
const lists = (columns: readonly string[]): fc.Arbitrary<unknown[][]> =>
  fc.tuple(
    ...columns.map((name) =>
      fc
        .tuple(
          name === "t" || name === "u"
            ? someOf(WORDS)
            : fc.shuffledSubarray([-1, 0, 1.5, 2], { minLength: 1 }),
          fc.boolean(),
        )
        .map(([known, missing]) => (missing ? [...known, null] : known)),
    ),
  );

const encoder = (options: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<StepCase> =>
  someOf(["t", "u", "n", "m"]).chain((columns) =>
    fc.record({
      options: fc.record({ columns: fc.constant(columns), categories: lists(columns), ...options }),
      given: categorical,
    }),
  );

export const tables: Readonly<Record<string, fc.Arbitrary<StepCase>>> = {
  select: fc.record({
    options: fc.oneof(
      fc.record({ columns: someOf(["t", "u", "n", "m"]) }),
      fc.record({
        drop: fc.shuffledSubarray(["t", "u", "n", "m"], { minLength: 1, maxLength: 3 }),
      }),
    ),
    given: categorical,
  }),
  rename: fc.record({
    options: fc.record({
      columns: fc
        .shuffledSubarray(["t", "u", "n", "m"], { minLength: 4 })
        .map((to) => Object.fromEntries(["t", "u", "n", "m"].map((name, at) => [name, to[at]!]))),
    }),
    given: categorical,
  }),
  impute: someOf(["t", "u", "n", "m"]).chain((columns) =>
    fc.record({
      options: fc.record({
        columns: fc.constant(columns),
        values: fc.tuple(
          ...columns.map((name) =>
            name === "t" || name === "u"
              ? fc.constantFrom<string | number>(...WORDS, "other")
              : single,
          ),
        ),
        indicators: fc.oneof(fc.boolean(), fc.shuffledSubarray(columns)),
      }),
      given: categorical,
    }),
  ),
  standardize: overNumbers((columns) => ({
    mean: perName(columns, single),
    scale: perName(columns, positive),
  })),
  "min-max": overNumbers((columns) => ({
    data_min: perName(columns, fc.integer({ min: -20, max: 0 })),
    data_max: perName(columns, fc.integer({ min: 0, max: 20 })),
    feature_range: fc.constantFrom([0, 1], [-1, 1], [2, 5]),
    clip: fc.boolean(),
  })),
  "robust-scale": overNumbers((columns) => ({
    center: perName(columns, single),
    scale: perName(columns, positive),
  })),
  clip: overNumbers((columns) => ({
    min: fc.oneof(fc.constant(-5), perName(columns, fc.constantFrom(null, -7, 0, 1.5))),
    max: fc.oneof(fc.constant(5), perName(columns, fc.constantFrom(null, 1.5, 7))),
  })),
  log: overNumbers(() => ({
    function: fc.constantFrom("log", "log1p", "log2", "log10"),
    offset: fc.constantFrom(0, 0.5, 3),
  })),
  bucket: overNumbers(
    (columns) => ({ edges: perName(columns, rising(5)) }),
    fc.oneof({ weight: 9, arbitrary: single }, fc.constantFrom(-Infinity, Infinity)),
  ),
  "one-hot": encoder({
    unknown: fc.constant("ignore"),
    drop: fc.constantFrom(undefined, "first", "if_binary"),
  }),
  ordinal: encoder({
    unknown: fc.constantFrom(-1, 7, null),
    missing: fc.constantFrom(null, -2, 9),
  }),
  combine: fc.oneof(
    fc.record({
      options: fc.record({
        columns: someOf([...NAMES, "v", "w"]),
        into: fc.constant("x"),
        datatype: fc.constantFrom("FP32", "FP64"),
        keep: fc.boolean(),
      }),
      given: rowCount.chain((rows) =>
        fc.record({
          ...Object.fromEntries(NAMES.map((name) => [name, numbers(rows)])),
          v: tensors(rows, [2]),
          w: tensors(rows, [3], { datatype: "FP64" }),
        }),
      ),
    }),
    fc.record({
      options: fc.record({
        columns: someOf(["t", "u"]),
        into: fc.constant("x"),
        datatype: fc.constant("BYTES"),
        keep: fc.boolean(),
      }),
      given: categorical,
    }),
  ),
};
