/** What the generators of steps are put together from. */
import fc from "fast-check";
import type { Datatype } from "@longshore/core";
import type { ExampleColumn } from "@longshore/core/pipeline";

/** A step as an example writes it: options as in the yaml, and the columns that come. */
export interface StepCase {
  readonly options: Readonly<Record<string, unknown>>;
  readonly given: Readonly<Record<string, ExampleColumn>>;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/**
 * Numbers that single precision holds exactly, so that a comparison in the graph comes out as in
 * the reference: options that values are compared with must be such numbers too.
 */
export const single: fc.Arbitrary<number> = fc
  .oneof(fc.integer({ min: -20, max: 20 }), fc.float({ min: -1000, max: 1000, noNaN: true }))
  .map((value) => value + 0);

/** Single-precision numbers in (0, 1000]. */
export const positive: fc.Arbitrary<number> = fc.float({
  min: Math.fround(0.01),
  max: 1000,
  noNaN: true,
});

/** How many rows a frame has. */
export const rowCount: fc.Arbitrary<number> = fc.integer({ min: 1, max: 5 });

/** A number column, with missing values in it. */
export const numbers = (rows: number, value = single): fc.Arbitrary<(number | null)[]> =>
  fc.array(fc.option(value, { nil: null, freq: 6 }), { minLength: rows, maxLength: rows });

/**
 * A text column of a few categories, with missing ones, empty ones, and ones that are not among
 * them. The first row has a text, so that the column is known to be one.
 */
export const texts = (
  rows: number,
  categories: readonly string[],
): fc.Arbitrary<(string | null)[]> =>
  fc
    .tuple(
      fc.constantFrom(...categories),
      fc.array(fc.constantFrom(...categories, null, "", "unseen", "ünseen"), {
        minLength: rows - 1,
        maxLength: rows - 1,
      }),
    )
    .map(([first, others]) => [first, ...others]);

/** A tensor column `[rows, ...shape]`. */
export const tensors = (
  rows: number,
  shape: readonly number[],
  {
    datatype = "FP32",
    value = single,
    labels,
  }: {
    readonly datatype?: Datatype;
    readonly value?: fc.Arbitrary<number>;
    readonly labels?: readonly string[];
  } = {},
): fc.Arbitrary<ExampleColumn> => {
  const length = [rows, ...shape].reduce((a, b) => a * b, 1);
  return fc.array(value, { minLength: length, maxLength: length }).map((data) => ({
    datatype,
    shape: [rows, ...shape],
    data,
    ...(labels && { labels }),
  }));
};

/** Some of these names, at least one, in any order. */
export const someOf = (names: readonly string[]): fc.Arbitrary<string[]> =>
  fc.shuffledSubarray([...names], { minLength: 1 });

/** As many values as there are names. */
export const perName = <T>(names: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(value, { minLength: names.length, maxLength: names.length });

/** A frame of these number columns. */
export const numberFrame = (
  names: readonly string[],
  value = single,
): fc.Arbitrary<Record<string, (number | null)[]>> =>
  rowCount.chain((rows) =>
    fc.record(Object.fromEntries(names.map((name) => [name, numbers(rows, value)]))),
  );

export const NAMES: readonly string[] = ["a", "b", "c", "d"];
