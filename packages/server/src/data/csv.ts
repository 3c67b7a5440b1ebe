import { fail } from "@longshore/core";

/** A line of a CSV file: where it starts and its fields. */
export interface CsvRecord {
  /** Number of its first line in the file, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A CSV file whose records all have as many fields as its header. */
export interface Csv {
  readonly header: readonly string[];
  readonly records: readonly CsvRecord[];
}

/**
 * Reads CSV as RFC 4180 has it, with a header line: fields between commas, quoted where they hold a
 * comma, a quote (doubled) or a line break; lines end in LF or CRLF; empty lines are skipped, and
 * so is a byte-order mark.
 *
 * @param file what error messages call the data.
 * @throws LongshoreError DATA_INVALID with the line.
 */
export function readCsv(text: string, file: string): Csv {
  const [head, ...records] = splitRecords(text.replace(/^\uFEFF/, ""), file);
  if (head === undefined)
    throw fail("DATA_INVALID", {
      file,
      problem: "is empty; expected a header line with column names",
    });
  const header = head.fields;
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined)
    throw fail("DATA_INVALID", { file, problem: `has the column "${twice}" twice` });
  for (const { line, fields } of records) {
    if (fields.length !== header.length) {
      const problem = `line ${line}: expected ${header.length} fields as in the header, got ${fields.length}`;
      throw fail("DATA_INVALID", { file, problem });
    }
  }
  return { header, records };
}

function splitRecords(text: string, file: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  // A field up to what ends it, from wherever the last one ended.
  const plain = /[^",\r\n]*/y;
  const quoted = /"([^"]*(?:""[^"]*)*)"/y;
  const end = /,|\r?\n|$/y;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    let separator: string;
    do {
      const field = text[at] === '"' ? take(quoted)?.[1] : take(plain)?.[0];
      if (field === undefined)
        throw fail("DATA_INVALID", { file, problem: `line ${line}: the quote is never closed` });
      line += countBreaks(field);
      fields.push(field.includes('"') ? field.replaceAll('""', '"') : field);
      const match = take(end);
      if (match === null) {
        const problem = `line ${line}: a quote or carriage return inside a field; quote the whole field, with quotes in it doubled`;
        throw fail("DATA_INVALID", { file, problem });
      }
      separator = match[0];
    } while (separator === ",");
    line++;
    const empty = fields.length === 1 && fields[0] === "";
    if (!empty) records.push({ line: start, fields });
  }
  return records;
}

function countBreaks(field: string): number {
  let count = 0;
  for (let at = field.indexOf("\n"); at >= 0; at = field.indexOf("\n", at + 1)) count++;
  return count;
}

/** A field as CSV writes it: quoted only where it must be. */
export function toCsvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
