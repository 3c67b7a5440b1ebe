import type { Column } from "./frame.ts";
import type { TypedArray } from "../datatype.ts";
import { isStrings, toTypedArray } from "../tensor.ts";

/**
 * Values of a column as the code of a custom step sees them, one a row: numbers (NaN where missing),
 * texts, files, series, any JSON; of a tensor its elements, row after row. Not to be changed.
 */
export type CustomValues =
  | Float64Array
  | readonly (string | null)[]
  | readonly (Uint8Array | null)[]
  | readonly Float32Array[]
  | TypedArray
  | readonly unknown[];

/** What the module of a custom step exports by default. */
export interface CustomStep<State = undefined> {
  /** Makes what all calls share, once. */
  readonly load?: (context: {
    /** As in the bundle. */
    readonly options: Readonly<Record<string, unknown>>;
    /** Reads a file of the bundle. */
    readonly readFile: (name: string) => Promise<Uint8Array>;
  }) => State | Promise<State>;
  /**
   * Makes the columns that the bundle's `makes` declares. What it throws is told to the caller.
   *
   * @returns of each: numbers (null or NaN for a missing one), texts (null for a missing one), files,
   *   series, any JSON, one a row; of a tensor its elements in the typed array of its data type.
   */
  readonly apply: (
    call: {
      readonly rows: number;
      readonly columns: Readonly<Record<string, CustomValues>>;
      readonly options: Readonly<Record<string, unknown>>;
    },
    state: State,
  ) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;
}

/** A column's values as code sees them. */
export function toCustomValues(column: Column): CustomValues {
  if (column.kind !== "tensor") return column.values;
  const { datatype, data } = column.tensor;
  return isStrings(data) ? data : toTypedArray(datatype, data);
}
