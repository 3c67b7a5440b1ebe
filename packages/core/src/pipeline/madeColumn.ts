import { DATATYPES } from "../datatype.ts";
import { elementCount } from "../tensor.ts";
import type { Column, ColumnType } from "./frame.ts";

/**
 * What code made for a column, as that column.
 *
 * @throws TypeError with what is wrong, for whoever wrote the code.
 */
export function toMadeColumn(value: unknown, type: ColumnType, rows: number): Column {
  if (type.kind === "tensor") return toTensorColumn(value, type, rows);
  if (!isList(value)) throw new TypeError(`expected a list of ${rows}, got ${nameOf(value)}`);
  if (value.length !== rows)
    throw new TypeError(`expected one value a row, ${rows}, got ${value.length}`);
  switch (type.kind) {
    case "number":
      return { kind: "number", values: Float64Array.from(value, toNumber) };
    case "text":
      return { kind: "text", values: Array.from(value, toText) };
    case "bytes":
      return { kind: "bytes", values: Array.from(value, toFile) };
    case "series":
      return { kind: "series", values: Array.from(value, toSamples) };
    case "json":
      return { kind: "json", values: [...value] };
  }
}

function toTensorColumn(
  value: unknown,
  { datatype, shape }: Extract<ColumnType, { kind: "tensor" }>,
  rows: number,
): Column {
  const full = [rows, ...(shape as number[])];
  const count = elementCount(full);
  const { array } = DATATYPES[datatype];
  const expected = array === undefined ? "texts" : `a ${array.name}`;
  const fits =
    array === undefined
      ? Array.isArray(value) && value.every((element) => typeof element === "string")
      : value instanceof array;
  if (!fits) throw new TypeError(`expected ${expected}, got ${nameOf(value)}`);
  const data = value as Float32Array;
  if (data.length !== count)
    throw new TypeError(`expected ${count} elements for [${full.join(",")}], got ${data.length}`);
  return { kind: "tensor", tensor: { datatype, shape: full, data } };
}

function toNumber(value: unknown, row: number): number {
  if (value === null) return Number.NaN;
  if (typeof value === "number") return value;
  throw new TypeError(`expected a number or null in row ${row}, got ${nameOf(value)}`);
}

function toText(value: unknown, row: number): string | null {
  if (value === null || typeof value === "string") return value;
  throw new TypeError(`expected a text or null in row ${row}, got ${nameOf(value)}`);
}

function toFile(value: unknown, row: number): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  throw new TypeError(`expected a Uint8Array or null in row ${row}, got ${nameOf(value)}`);
}

function toSamples(value: unknown, row: number): Float32Array {
  if (value instanceof Float32Array) return value;
  if (isList(value)) return Float32Array.from(value, toNumber);
  throw new TypeError(`expected a list of numbers in row ${row}, got ${nameOf(value)}`);
}

function isList(value: unknown): value is ArrayLike<unknown> & Iterable<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return typeof value;
  return (value as { constructor?: { name?: string } }).constructor?.name ?? "an object";
}
