import { fail, LongshoreError, nearestName } from "@longshore/core";
import type { Frame } from "@longshore/core/pipeline";
import {
  decodeJsonLineRecords,
  toTableRecords,
  type RecordContract,
} from "@longshore/core/records";
import { readCsv } from "../../data/csv.ts";
import { readDataFile, toText, type DataFile } from "../../data/file.ts";
import { readJsonLines } from "../../data/jsonl.ts";

/** Rows of training data. */
export interface Training {
  /** What messages call the file. */
  readonly file: string;
  readonly frame: Frame;
  /** Of each row, where it begins in the file, from 1. */
  readonly lines: readonly number[];
}

const LIMITS = { maxDepth: 64, maxElements: 2 ** 31 };

/**
 * Reads training data as the rows that callers would send: CSV whose columns are fields, or JSON
 * Lines of objects by field.
 *
 * @param drop columns that are no input, such as the target.
 * @throws LongshoreError DATA_INVALID with the line for a column that is neither, or a value that a
 *   caller could not send either.
 */
export async function readTraining(
  path: string,
  contract: RecordContract,
  drop: readonly string[],
): Promise<Training> {
  const data = await readDataFile(path);
  switch (data.format) {
    case "csv":
      return readTable(data, contract, drop);
    case "json":
    case "jsonl":
      return readObjects(data, contract, drop);
    default: {
      const problem = `is ${data.format.toUpperCase()}, which has no columns; give CSV or JSON Lines`;
      throw fail("DATA_INVALID", { file: data.name, problem });
    }
  }
}

function readTable(data: DataFile, contract: RecordContract, drop: readonly string[]): Training {
  const file = data.name;
  const { header, records } = readCsv(toText(data), file);
  checkColumns(header, contract, drop, file);
  checkRows(records.length, file);
  const kept = [...header.keys()].filter((index) => !drop.includes(header[index]!));
  const pick = (fields: readonly string[]): string[] => kept.map((index) => fields[index]!);
  const table = {
    header: pick(header),
    records: records.map(({ line, fields }) => ({ line, fields: pick(fields) })),
  };
  const lines = records.map(({ line }) => line);
  try {
    return { file, frame: toTableRecords(table, contract, LIMITS).frame, lines };
  } catch (error) {
    throw toDataError(error, file, "");
  }
}

function readObjects(data: DataFile, contract: RecordContract, drop: readonly string[]): Training {
  const file = data.name;
  const rows = readJsonLines(toText(data), file);
  checkColumns([...new Set(rows.flatMap(({ value }) => keysOf(value)))], contract, drop, file);
  checkRows(rows.length, file);
  const texts = rows.map(({ value }) => `${JSON.stringify(without(value, drop))}\n`);
  const lines = rows.map(({ line }) => line);
  const decode = (text: string): Frame =>
    decodeJsonLineRecords(new TextEncoder().encode(text), contract, LIMITS).frame;
  try {
    return { file, frame: decode(texts.join("")), lines };
  } catch (error) {
    // Its place is one of the bytes without what was left out: looked for again by the line.
    for (const [index, text] of texts.entries()) {
      try {
        decode(text);
      } catch (cause) {
        throw toDataError(cause, file, `line ${lines[index]}: `);
      }
    }
    throw error;
  }
}

function toDataError(error: unknown, file: string, where: string): unknown {
  if (!(error instanceof LongshoreError)) return error;
  return fail("DATA_INVALID", { file, problem: where + error.message });
}

/** @throws LongshoreError DATA_INVALID */
function checkRows(count: number, file: string): void {
  if (count === 0) throw fail("DATA_INVALID", { file, problem: "has no rows" });
}

/** @throws LongshoreError DATA_INVALID for columns that are neither fields nor dropped. */
function checkColumns(
  columns: readonly string[],
  { inputs }: RecordContract,
  drop: readonly string[],
  file: string,
): void {
  const absent = drop.find((name) => !columns.includes(name));
  if (absent !== undefined) {
    const hint = hintOf(absent, columns);
    throw fail("DATA_INVALID", { file, problem: `--drop "${absent}": no such column${hint}` });
  }
  const strangers = columns.filter((name) => !Object.hasOwn(inputs, name) && !drop.includes(name));
  if (strangers.length === 0) return;
  const named = strangers.map((name) => `"${name}"${hintOf(name, Object.keys(inputs))}`);
  const options = strangers.map((name) => `--drop ${quote(name)}`).join(" ");
  throw fail("DATA_INVALID", {
    file,
    problem: `columns that are no inputs of the bundle: ${named.join(", ")}; leave them out with ${options}`,
  });
}

function hintOf(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
}

/** As a shell takes it. */
function quote(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

function isObject(row: unknown): row is Record<string, unknown> {
  return typeof row === "object" && row !== null && !Array.isArray(row);
}

/** A row of a bundle with one field may be its value alone. */
function keysOf(row: unknown): string[] {
  return isObject(row) ? Object.keys(row) : [];
}

function without(row: unknown, drop: readonly string[]): unknown {
  if (!isObject(row)) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => !drop.includes(name)));
}
