import { toCsvField } from "../../data/csv.ts";
import { formatTable, type Cell } from "../table.ts";
import type { Row, Value } from "./answer.ts";

/** A row of answers with the fields of the data that were carried along. */
export interface Result {
  readonly carried: readonly string[];
  readonly row: Row;
}

/**
 * Puts the fields that were carried along beside the rows of an answer. Unless there is an answer a
 * row, nothing says which row of the data belongs to which answer.
 *
 * @param names of the carried fields.
 */
export function withCarried(
  rows: readonly Row[],
  carried: readonly (readonly string[])[] | undefined,
  names: readonly string[],
): Result[] {
  const fields = carried?.length === rows.length ? carried : [];
  return rows.map((row, index) => ({ row, carried: fields[index] ?? names.map(() => "") }));
}

/** A table for people: numbers are rounded, long vectors cut. */
export function toTable(results: readonly Result[], carried: readonly string[]): string {
  const names = Object.keys(results[0]?.row ?? {});
  const rows = results.map((result): Cell[] => [
    ...result.carried,
    ...names.map((name) => toCell(result.row[name] ?? null)),
  ]);
  return formatTable(rows, [...carriedNames(carried, names), ...names]);
}

/**
 * Lines of CSV for programs: all digits, a column for each element of an output (`scores.0`) or
 * each label (`scores.benign`).
 */
export class CsvWriter {
  readonly #carried: readonly string[];
  #columns: readonly string[] | undefined;

  constructor(carried: readonly string[]) {
    this.#carried = carried;
  }

  /** @throws Error if the row has not the columns of the first one. */
  *write({ row, carried }: Result): Generator<string> {
    const fields = Object.entries(row).flatMap(([name, value]) => flatten(name, value));
    const columns = fields.map(([name]) => name);
    if (this.#columns === undefined) {
      this.#columns = columns;
      yield toLine([...carriedNames(this.#carried, columns), ...columns]);
    }
    if (
      columns.length !== this.#columns.length ||
      columns.some((name, index) => name !== this.#columns![index])
    ) {
      throw new Error(
        "the answers differ in length, which CSV has no columns for; use --format json",
      );
    }
    yield toLine([...carried, ...fields.map(([, text]) => text)]);
  }
}

/** A name that an output has too says where it is from. */
function carriedNames(carried: readonly string[], outputs: readonly string[]): string[] {
  return carried.map((name) => (outputs.includes(name) ? `${name} (data)` : name));
}

function toLine(fields: readonly string[]): string {
  return fields.map(toCsvField).join(",");
}

function flatten(name: string, value: Value): [string, string][] {
  if (isScalar(value)) return [[name, value === null ? "" : String(value)]];
  const entries = Object.entries(value);
  // An output of one element a row is the column itself.
  if (Array.isArray(value) && entries.length === 1) return flatten(name, entries[0]![1]);
  return entries.flatMap(([key, item]) => flatten(`${name}.${key}`, item));
}

const MAX_ELEMENTS = 10;
const MAX_LABELS = 3;
const DIGITS = 6;

function toCell(value: Value): Cell {
  if (isScalar(value))
    return typeof value === "number" ? Number(value.toPrecision(DIGITS)) : String(value);
  if (isArray(value)) {
    const elements = (value as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as Value[];
    if (elements.length === 1) return toCell(elements[0]!);
    const shown = alike(elements.slice(0, MAX_ELEMENTS)).join(" ");
    return elements.length > MAX_ELEMENTS ? `${shown} … (${elements.length})` : shown;
  }
  const entries = Object.entries(value).toSorted(([, a], [, b]) => Number(b) - Number(a));
  const scores = alike(entries.slice(0, MAX_LABELS).map(([, score]) => score));
  const shown = scores.map((score, index) => `${entries[index]![0]} ${score}`).join(", ");
  return entries.length > MAX_LABELS ? `${shown}, …` : shown;
}

/** Values side by side: rounded to the same place, four digits into the largest of them. */
function alike(values: readonly Value[]): Cell[] {
  const largest = values.reduce<number>(
    (max, value) => (typeof value === "number" ? Math.max(max, Math.abs(value)) : max),
    0,
  );
  const decimals =
    largest > 0 ? Math.min(100, Math.max(0, 3 - Math.floor(Math.log10(largest)))) : 0;
  return values.map((value) =>
    typeof value === "number" ? Number(value.toFixed(decimals)) : toCell(value),
  );
}

type Scalar = null | boolean | number | bigint | string;

function isScalar(value: Value): value is Scalar {
  return typeof value !== "object" || value === null;
}

/** `Array.isArray` does not narrow away readonly arrays. */
function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
