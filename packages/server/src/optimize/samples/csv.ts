import { fail, LongshoreError, type Signature, type Tensors } from "@longshore/core";
import { fromCsv } from "../../data/calls/csv.ts";
import { readCsv, type Csv } from "../../data/csv.ts";
import { toText, type DataFile } from "../../data/file.ts";
import type { Samples } from "../samples.ts";
import { decodeBody } from "./decode.ts";
import { findRowAxis, fixedRows, stackRows, tableBatches, usableRows } from "./rows.ts";

/** A row a line; columns are inputs as `longshore predict` takes them, and one may be the labels. */
export function fromCsvFile(
  file: DataFile,
  signature: Signature,
  labels: string | undefined,
): Samples {
  const axis = findRowAxis(signature);
  if (axis.kind === "none") {
    const problem = "the model's inputs have no common axis of rows; give samples as JSON Lines";
    throw fail("DATA_INVALID", { file: file.name, problem });
  }
  const { header, records } = readCsv(toText(file), file.name);
  const count = usableRows(records.length, axis, file.name);
  const csv: Csv = { header, records: records.slice(0, count) };
  const texts = labels === undefined ? undefined : readLabels(csv, labels, file.name);
  const drop = labels === undefined ? [] : [labels];
  const { tensors: parts, notes } = decode(csv, signature, drop, file.name);
  const stack = (name: string) => stackRows(parts.map((part) => part.get(name)!));
  const table = new Map(signature.inputs.map(({ name }) => [name, stack(name)]));
  return {
    file: file.name,
    count,
    notes,
    ...(texts && { labels: texts }),
    ...fixedRows(axis),
    batches: (rows, size) => tableBatches(table, rows, size, axis),
  };
}

/** @throws LongshoreError DATA_INVALID with the line. */
function decode(
  csv: Csv,
  signature: Signature,
  drop: readonly string[],
  file: string,
): { tensors: Tensors[]; notes: readonly string[] } {
  const { calls, notes } = fromCsv(csv, signature, [], drop, file);
  const tensors: Tensors[] = [];
  try {
    for (const call of calls)
      if ("body" in call) tensors.push(decodeBody(call.body, signature, file));
  } catch (error) {
    if (!(error instanceof LongshoreError) || error.code === "DATA_INVALID") throw error;
    // The error tells of an element among many rows: its line is found by trying each alone.
    const [record, ...others] = csv.records;
    const problem = `line ${record!.line}: ${error.message}`;
    if (others.length === 0) throw fail("DATA_INVALID", { file, problem });
    for (const one of csv.records)
      decode({ header: csv.header, records: [one] }, signature, drop, file);
    throw error;
  }
  return { tensors, notes };
}

function readLabels({ header, records }: Csv, name: string, file: string): string[] {
  const invalid = (problem: string): LongshoreError => fail("DATA_INVALID", { file, problem });
  const column = header.indexOf(name);
  if (column < 0)
    throw invalid(`there is no column "${name}" for the labels; there are ${listNames(header)}`);
  return records.map(({ line, fields }) => {
    const label = fields[column]!.trim();
    if (label === "") throw invalid(`line ${line}, column "${name}": the label is missing`);
    return label;
  });
}

/** The first columns and the last one, where the target is kept as a rule. */
function listNames(names: readonly string[]): string {
  const shown = names.length <= 6 ? names : [...names.slice(0, 4), "…", names.at(-1)!];
  return shown.join(", ");
}
