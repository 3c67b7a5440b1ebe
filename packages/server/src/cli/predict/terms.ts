import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fail, nearestName } from "@longshore/core";
import { MAX_SIZE } from "../../data/calls/call.ts";
import { readCsv, toCsvField } from "../../data/csv.ts";
import { readDataFile, toText } from "../../data/file.ts";
import { parseJson, readJsonLines, type JsonLine } from "../../data/jsonl.ts";
import { UsageError } from "../arguments.ts";
import type { DataOptions } from "./calls.ts";
import type { TargetTerms } from "./target.ts";

/** A call in a bundle's own terms. */
export interface TermsCall {
  readonly body: string | Uint8Array;
  readonly contentType: string;
  /** Fields of the data that are none of the bundle, shown beside the answer's rows. */
  readonly carried?: readonly (readonly string[])[];
}

export interface TermsCalls {
  readonly calls: Iterable<TermsCall>;
  /** Names of the carried fields. */
  readonly carried: readonly string[];
}

/** Rows of a call at most: the answers to the first are shown while others are computed. */
const ROWS_PER_CALL = 1024;

/** Files that are the body as they are, where the bundle takes one such value. */
const FILES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
  ".wav": "audio/wav",
  ".txt": "text/plain",
};

const JSON_TYPE = "application/json";

/**
 * Makes calls of data for a bundle with terms of its own: the server reads what is in the files, so
 * that it is read in one way.
 *
 * @throws UsageError, LongshoreError DATA_INVALID
 */
export async function readTermsCalls(
  options: DataOptions,
  terms: TargetTerms,
): Promise<TermsCalls> {
  const { data, inputs, drop, limit } = options;
  if (data === undefined) return single(await toForm(inputs, terms));
  const contentType = FILES[extname(data).toLowerCase()];
  if (contentType !== undefined) {
    if (limit !== undefined) throw new UsageError("--limit counts rows, and a file is one");
    return single({ body: await readBytes(data), contentType });
  }
  const file = await readDataFile(data);
  if (drop.length > 0 && file.format !== "csv")
    throw new UsageError("--drop names columns of CSV data only");
  switch (file.format) {
    case "csv":
      return fromCsv(toText(file), file.name, options, terms);
    case "jsonl":
      return fromLines(readJsonLines(toText(file), file.name).slice(0, limit), terms);
    case "json": {
      if (limit !== undefined)
        throw new UsageError(
          "--limit counts rows of CSV and JSONL data; a JSON document is one call",
        );
      const text = toText(file);
      const body = hasInputs(parseJson(text, file.name)) ? text : `{"inputs":${text}}`;
      return single({ body, contentType: JSON_TYPE });
    }
    default:
      throw new UsageError(
        `${file.name} holds tensors, and the bundle takes ${Object.keys(terms.fields).join(", ")}; give CSV, JSONL or JSON`,
      );
  }
}

function single(call: TermsCall): TermsCalls {
  return { calls: [call], carried: [] };
}

function hasInputs(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "inputs" in value;
}

/** Columns that are no fields are carried along. */
function fromCsv(
  text: string,
  file: string,
  { drop, limit }: DataOptions,
  { fields, maxRows }: TargetTerms,
): TermsCalls {
  const { header, records } = readCsv(text, file);
  for (const name of drop) checkColumn(header, name);
  const places = header.map((_, column) => column);
  const isField = (column: number): boolean =>
    Object.hasOwn(fields, header[column]!) && !drop.includes(header[column]!);
  const used = places.filter(isField);
  const others = places.filter((column) => !isField(column));
  if (used.length === 0) {
    const names = Object.keys(fields).join(", ");
    throw fail("DATA_INVALID", { file, problem: `has no column for any field of ${names}` });
  }
  const line = (cells: readonly string[]): string =>
    `${used.map((column) => toCsvField(cells[column]!)).join(",")}\n`;
  return { calls: makeCalls(), carried: others.map((column) => header[column]!) };

  function* makeCalls(): Generator<TermsCall> {
    const rows = records.slice(0, limit).map((record) => record.fields);
    for (const part of chunks(rows, line, maxRows)) {
      yield {
        body: line(header) + part.map(line).join(""),
        contentType: "text/csv",
        carried: part.map((cells) => others.map((column) => cells[column]!)),
      };
    }
  }
}

/** Lines that are bodies of their own are calls of their own. */
function fromLines(lines: readonly JsonLine[], { maxRows }: TargetTerms): TermsCalls {
  return { calls: makeCalls(), carried: [] };

  function* makeCalls(): Generator<TermsCall> {
    if (lines.some(({ value }) => hasInputs(value))) {
      for (const { text, value } of lines)
        yield { body: hasInputs(value) ? text : `{"inputs":${text}}`, contentType: JSON_TYPE };
      return;
    }
    const line = ({ text }: JsonLine): string => `${text}\n`;
    for (const part of chunks(lines, line, maxRows))
      yield { body: part.map(line).join(""), contentType: "application/jsonl" };
  }
}

/** Parts of rows that a call can hold. */
function* chunks<Row>(
  rows: readonly Row[],
  write: (row: Row) => string,
  maxRows: number,
): Generator<Row[]> {
  const most = Math.min(ROWS_PER_CALL, maxRows);
  let part: Row[] = [];
  let size = 0;
  for (const row of rows) {
    part.push(row);
    size += write(row).length;
    if (part.length < most && size < MAX_SIZE) continue;
    yield part;
    part = [];
    size = 0;
  }
  if (part.length > 0) yield part;
}

function checkColumn(header: readonly string[], name: string): void {
  if (header.includes(name)) return;
  const close = nearestName(name, header);
  throw new UsageError(
    `--drop: there is no column "${name}"${close === undefined ? "" : `; did you mean "${close}"?`}`,
  );
}

/** `--input name=file …`: the parts of a form. */
async function toForm(pairs: readonly string[], { fields }: TargetTerms): Promise<TermsCall> {
  const form = new FormData();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at <= 0) throw new UsageError(`--input takes NAME=FILE, got "${pair}"`);
    const [name, path] = [pair.slice(0, at), pair.slice(at + 1)];
    const bytes = await readBytes(path);
    const type = fields[name]?.type;
    if (type === "image" || type === "audio") form.append(name, new Blob([bytes]), path);
    else form.append(name, toText({ name: path, format: "json", bytes }));
  }
  const response = new Response(form);
  return {
    body: new Uint8Array(await response.arrayBuffer()),
    contentType: response.headers.get("content-type")!,
  };
}

/** @throws LongshoreError DATA_INVALID */
async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no such file" : message;
    throw fail("DATA_INVALID", { file: path, problem });
  }
}
