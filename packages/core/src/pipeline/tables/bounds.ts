import type { Frame } from "../frame.ts";
import { matrixOf, setMatrix, type Lowering } from "../lowering.ts";
import { replaceNumbers } from "./numbers.ts";

/** Lowest and highest value of each column; infinite where there is none. */
export interface Bounds {
  readonly columns: readonly string[];
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
}

/** Missing values stay missing. */
export function applyBounds(frame: Frame, { columns, lowest, highest }: Bounds): void {
  replaceNumbers(frame, columns, (given, values, index) => {
    const low = lowest[index]!;
    const high = highest[index]!;
    for (let row = 0; row < given.length; row++) {
      const value = given[row]!;
      values[row] = value < low ? low : value > high ? high : value;
    }
  });
}

/** `Max` and `Min` give NaN for NaN, as numpy's `maximum` and `minimum` do. */
export function lowerBounds(lowering: Lowering, { columns, lowest, highest }: Bounds): void {
  const { builder } = lowering;
  const bound = (operator: string, value: string, by: readonly number[]): string => {
    if (!by.some(Number.isFinite)) return value;
    // One bound for all takes a sixth of the time.
    const same = by.every((each) => each === by[0]);
    const constant = builder.constant("FP32", same ? [] : [by.length], same ? by.slice(0, 1) : by);
    return builder.node(operator, [value, constant]);
  };
  const raised = bound("Max", matrixOf(lowering, columns), lowest);
  setMatrix(lowering, columns, bound("Min", raised, highest));
}
