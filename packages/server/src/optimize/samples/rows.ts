import {
  DATATYPES,
  elementCount,
  fail,
  isStrings,
  toTypedArray,
  type Signature,
  type Tensor,
  type Tensors,
} from "@longshore/core";
import type { Batch } from "../samples.ts";

/** What a model says of its first axis. */
export type RowAxis =
  /** Any number of rows. */
  | { readonly kind: "free" }
  /** As many rows as this. */
  | { readonly kind: "fixed"; readonly rows: number }
  /** The inputs agree on no such axis: a row is everything that one run takes. */
  | { readonly kind: "none" };

/**
 * How rows go into a model. A fixed first axis is one of rows if it is 1, or if the outputs have it
 * too: `[3,224,224]` to `[1000]` is one image.
 */
export function findRowAxis({ inputs, outputs }: Signature): RowAxis {
  const lengths = new Set(inputs.map(({ shape }) => shape[0]));
  if (inputs.length > 0 && [...lengths].every((length) => typeof length === "string"))
    return { kind: "free" };
  const [length] = lengths;
  if (lengths.size !== 1 || typeof length !== "number" || length === 0) return { kind: "none" };
  const shared = length === 1 || outputs.every(({ shape }) => shape[0] === length);
  return shared ? { kind: "fixed", rows: length } : { kind: "none" };
}

/** For {@link Samples.fixedRows}. */
export function fixedRows(axis: RowAxis): { fixedRows?: number } {
  return axis.kind === "fixed" ? { fixedRows: axis.rows } : {};
}

/**
 * Rows that fill whole runs: a rest that is too small for a fixed first axis is left.
 *
 * @throws LongshoreError DATA_INVALID if there is none.
 */
export function usableRows(count: number, axis: RowAxis, file: string): number {
  const rows = axis.kind === "fixed" ? axis.rows : 1;
  if (count >= rows) return count - (count % rows);
  const problem =
    count === 0 ? "holds no rows" : `holds ${count} rows, but the model takes ${rows} at a time`;
  throw fail("DATA_INVALID", { file, problem });
}

/**
 * Rows of numbers cut into batches of rows that may share one.
 *
 * @param kind rows of different kinds (shapes) are kept apart.
 */
export function* cutRows(
  rows: readonly number[],
  size: number,
  axis: RowAxis,
  kind: (row: number) => string = () => "",
): Generator<number[]> {
  const most = axis.kind === "free" ? size : axis.kind === "fixed" ? axis.rows : 1;
  let batch: number[] = [];
  for (const row of rows) {
    const [first] = batch;
    if (first !== undefined && kind(first) !== kind(row)) {
      if (axis.kind !== "fixed") yield batch;
      batch = [];
    }
    batch.push(row);
    if (batch.length < most) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0 && axis.kind !== "fixed") yield batch;
}

/**
 * Batches of rows that all lie in one tensor an input, along its first axis. Rows that follow each
 * other are views, others are copied together.
 */
export async function* tableBatches(
  table: Tensors,
  rows: readonly number[],
  size: number,
  axis: RowAxis,
): AsyncGenerator<Batch> {
  for (const batch of cutRows(rows, size, axis)) {
    const tensors = new Map<string, Tensor>();
    for (const [name, tensor] of table) {
      const { shape, ...picked } = pickRows(tensor, batch);
      tensors.set(name, { ...picked, shape: axis.kind === "none" ? shape.slice(1) : shape });
    }
    yield { rows: batch, tensors };
  }
}

/** Some rows of a tensor: of its first axis. */
export function pickRows({ datatype, shape, data }: Tensor, rows: readonly number[]): Tensor {
  const [, ...rest] = shape;
  const width = elementCount(rest);
  const picked = { datatype, shape: [rows.length, ...rest] };
  if (isStrings(data))
    return { ...picked, data: rows.flatMap((row) => data.slice(row * width, (row + 1) * width)) };
  const elements = toTypedArray(datatype, data);
  const first = rows[0] ?? 0;
  if (rows.every((row, index) => row === first + index))
    return { ...picked, data: elements.subarray(first * width, (first + rows.length) * width) };
  const copy = new DATATYPES[datatype].array!(rows.length * width);
  for (const [index, row] of rows.entries()) {
    const part = elements.subarray(row * width, (row + 1) * width);
    (copy as Uint8Array).set(part as Uint8Array, index * width);
  }
  return { ...picked, data: copy };
}

/** Tensors behind each other along the first axis; all of one data type, equal in the other axes. */
export function stackRows(tensors: readonly Tensor[]): Tensor {
  const [head] = tensors;
  if (head === undefined) throw new RangeError("nothing to stack");
  if (tensors.length === 1) return head;
  const { datatype, shape } = head;
  const rows = tensors.reduce((sum, tensor) => sum + (tensor.shape[0] ?? 0), 0);
  const stacked = { datatype, shape: [rows, ...shape.slice(1)] };
  if (isStrings(head.data))
    return { ...stacked, data: tensors.flatMap(({ data }) => (isStrings(data) ? data : [])) };
  const parts = tensors.map(({ data }) => toTypedArray(datatype, data));
  const whole = new DATATYPES[datatype].array!(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    (whole as Uint8Array).set(part as Uint8Array, at);
    at += part.length;
  }
  return { ...stacked, data: whole };
}
