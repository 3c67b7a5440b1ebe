import type { Signature } from "@longshore/core";
import type { Measurement, Metric } from "../metrics.ts";
import {
  difference,
  isComparable,
  isFloat,
  isSingle,
  numbersOf,
  outputOf,
  type TrueAnswers,
} from "./rows.ts";

/** One number a row, with the true ones. */
export interface Value {
  readonly output: string;
  /** Of every row of the samples. */
  readonly truth: readonly number[];
}

/** An output that can be compared with true numbers; or why there is none. */
export function findValue(signature: Signature, { labels }: TrueAnswers): Value | string {
  const truth = labels.map(Number);
  const strange = truth.findIndex((value) => !Number.isFinite(value));
  if (strange >= 0) return `the label "${labels[strange]}" is no number`;
  const single = signature.outputs.filter(
    (output) => isComparable(output) && isSingle(signature, output),
  );
  const output = single.find(isFloat) ?? single[0];
  return output ? { output: output.name, truth } : "no output has one number a row";
}

/** The mean of the absolute differences from the true values, in their unit. */
export function meanAbsoluteError(value: Value): Metric {
  return {
    name: "mae",
    title: `mean absolute error of "${value.output}"`,
    higherIsBetter: false,
    needsOriginal: false,
    drop(original, candidate) {
      if (Number.isNaN(candidate)) return Number.POSITIVE_INFINITY;
      return candidate === original ? 0 : (candidate - original) / original;
    },
    format: (error) => error.toPrecision(4),
    start() {
      let [sum, count] = [0, 0];
      return compare(
        value,
        (got, expected) => {
          sum += Math.abs(got - expected);
          count += 1;
        },
        () => sum / count,
      );
    },
  };
}

/**
 * The coefficient of determination: 1 minus the squared error relative to that of always answering
 * the mean of the true values. Where these are all equal, 1 for a perfect answer and else 0.
 */
export function rSquared(value: Value): Metric {
  return {
    name: "r2",
    title: `R² of "${value.output}"`,
    higherIsBetter: true,
    needsOriginal: false,
    drop: difference,
    format: (score) => score.toFixed(4),
    start() {
      // Mean and squared deviations in one pass (Welford 1962).
      let [count, mean, deviations, errors] = [0, 0, 0, 0];
      const add = (got: number, expected: number): void => {
        count += 1;
        const before = expected - mean;
        mean += before / count;
        deviations += before * (expected - mean);
        errors += (got - expected) ** 2;
      };
      return compare(value, add, () => {
        if (deviations === 0) return errors === 0 ? 1 : 0;
        return 1 - errors / deviations;
      });
    },
  };
}

function compare(
  { output, truth }: Value,
  add: (got: number, expected: number) => void,
  value: () => number,
): Measurement {
  return {
    add(outputs, { rows }) {
      const values = numbersOf(outputOf(outputs, output));
      for (const [index, row] of rows.entries()) add(values[index]!, truth[row]!);
    },
    value,
  };
}
