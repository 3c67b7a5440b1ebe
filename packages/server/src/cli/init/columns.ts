import type { Csv } from "../../data/csv.ts";

/** What a column of training data looks like. */
export interface DataColumn {
  readonly name: string;
  readonly kind: "number" | "boolean" | "category" | "text" | "date";
  /** Rows without a value. */
  readonly missing: number;
  /** Lowest and highest number. */
  readonly range?: readonly [number, number];
  readonly median?: number;
  /** Distinct texts, sorted as scikit-learn sorts categories. */
  readonly categories?: readonly string[];
  /** The category that is seen most, of several the first. */
  readonly mode?: string;
  /** Of the first row that has one. */
  readonly example?: string;
}

/** What pandas takes for missing when it reads a CSV file, as far as people write it. */
const MISSING = new Set(["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]);
/** More distinct texts are no categories. */
const MAX_CATEGORIES = 100;

/** Looks at the columns of a CSV file. */
export function readColumns({ header, records }: Csv): DataColumn[] {
  return header.map((name, index) =>
    describeColumn(
      name,
      records.map(({ fields }) => fields[index]!.trim()),
    ),
  );
}

function describeColumn(name: string, texts: readonly string[]): DataColumn {
  const present = texts.filter((text) => !MISSING.has(text));
  const missing = texts.length - present.length;
  const [example] = present;
  const shared = { name, missing, ...(example !== undefined && { example }) };
  if (present.length > 0 && present.every(isNumber))
    return describeNumbers(shared, present.map(Number));
  if (present.length > 0 && present.every((text) => /^(?:true|false)$/i.test(text)))
    return { ...shared, kind: "boolean" };
  if (present.length > 0 && present.every(isDate)) return { ...shared, kind: "date" };
  const categories = [...new Set(present)].toSorted(byCodePoints);
  const few =
    categories.length > 0 &&
    categories.length <= MAX_CATEGORIES &&
    categories.length <= present.length / 2;
  if (!few) return { ...shared, kind: "text" };
  return { ...shared, kind: "category", categories, mode: modeOf(present, categories) };
}

function describeNumbers(
  shared: Pick<DataColumn, "name" | "missing">,
  numbers: readonly number[],
): DataColumn {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { ...shared, kind: "number", range: [sorted[0]!, sorted.at(-1)!], median };
}

function isNumber(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?$/.test(text) && !Number.isNaN(Date.parse(text));
}

function modeOf(texts: readonly string[], categories: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return categories.reduce((best, text) => (counts.get(text)! > counts.get(best)! ? text : best));
}

/** As Python compares texts. */
function byCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? -1) - (right[at]?.codePointAt(0) ?? -1);
}

/**
 * A range a little wider than what was seen, in round numbers: outwards to a tenth of its
 * magnitude. 6.981 to 28.11 becomes 6 to 29.
 */
export function roundRange([low, high]: readonly [number, number]): [number, number] {
  const span = high - low;
  const magnitude = span > 0 ? span : Math.abs(high) || 1;
  const step = 10 ** (Math.floor(Math.log10(magnitude)) - 1);
  const round = (count: number): number => Number((count * step).toPrecision(12));
  const [below, above] = [Math.floor(low / step), Math.ceil(high / step)];
  // Division may have rounded the other way.
  return [
    round(round(below) <= low ? below : below - 1),
    round(round(above) >= high ? above : above + 1),
  ];
}
