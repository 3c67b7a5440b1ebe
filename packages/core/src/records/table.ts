import type { DecodeLimits } from "../validate.ts";
import type { DecodedRecords, RecordContract } from "./contract.ts";
import { Records } from "./records.ts";

/** A line of a table: the number of its first line in the file, from 1, and its cells. */
export interface TableRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * The rows of a table of texts, such as CSV: its header names fields. Empty cells are missing
 * values.
 *
 * @throws LongshoreError of the codes FIELD_*, ROWS_TOO_MANY.
 */
export function toTableRecords(
  table: { readonly header: readonly string[]; readonly records: readonly TableRecord[] },
  contract: RecordContract,
  limits: DecodeLimits,
): DecodedRecords {
  const lines = table.records;
  const records = new Records(
    contract,
    limits.maxElements,
    (row) => ` in line ${lines[row]?.line ?? row + 1}`,
  );
  const columns = table.header.map((name) => records.get(name));
  for (const { fields } of lines) {
    columns.forEach((values, index) => values.addText(fields[index]!));
    records.endRow();
  }
  return { frame: records.toFrame(), form: { kind: "rows", count: records.count } };
}
