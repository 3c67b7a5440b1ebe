/** Number columns that steps make: a loop a column, and few allocations. */
import { numbersOf } from "../columns.ts";
import type { Frame } from "../frame.ts";

/** Up to this many bytes, V8 keeps a typed array's elements in the array itself. */
const SMALL = 64;

/**
 * Zeros for some new columns. They share one buffer where buffers of their own would cost more than
 * what steps compute: half a microsecond each.
 */
export function newNumbers(rows: number, count: number): Float64Array[] {
  const shared =
    rows * Float64Array.BYTES_PER_ELEMENT > SMALL ? new Float64Array(rows * count) : undefined;
  const columns: Float64Array[] = [];
  for (let index = 0; index < count; index++)
    columns.push(shared?.subarray(index * rows, (index + 1) * rows) ?? new Float64Array(rows));
  return columns;
}

/**
 * Puts new number columns in the place of others.
 *
 * @param compute writes a column's new values; `index` is its place among `names`.
 */
export function replaceNumbers(
  frame: Frame,
  names: readonly string[],
  compute: (given: Float64Array, values: Float64Array, index: number) => void,
): void {
  const columns = newNumbers(frame.rows, names.length);
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    const values = columns[index]!;
    compute(numbersOf(frame, name), values, index);
    frame.columns.set(name, { kind: "number", values });
  }
}

/** Adds number columns. */
export function addNumbers(
  frame: Frame,
  names: readonly string[],
  compute: (values: Float64Array, index: number) => void,
): void {
  const columns = newNumbers(frame.rows, names.length);
  for (let index = 0; index < names.length; index++) {
    const values = columns[index]!;
    compute(values, index);
    frame.columns.set(names[index]!, { kind: "number", values });
  }
}
