import { fail } from "../errors.ts";
import type { DecodeLimits } from "../validate.ts";
import type { DecodedRecords, RecordContract } from "./contract.ts";
import { Records } from "./records.ts";

/** A named value outside of JSON: a text, or a file as it is. */
export interface RecordPart {
  readonly name: string;
  readonly value: string | Uint8Array;
}

/**
 * The rows of named values, such as the parts of a form. A field that is there several times makes
 * several rows; all others must then be there as often, or not at all.
 *
 * @throws LongshoreError of the codes FIELD_*, BATCH_MISMATCH, ROWS_TOO_MANY.
 */
export function toPartRecords(
  parts: readonly RecordPart[],
  contract: RecordContract,
  limits: DecodeLimits,
): DecodedRecords {
  const byName = Map.groupBy(parts, ({ name }) => name);
  const counts = new Set([...byName.values()].map(({ length }) => length));
  const rows = Math.max(1, ...counts);
  const records = new Records(contract, limits.maxElements, (row) =>
    rows > 1 ? ` in row ${row}` : "",
  );
  for (const name of byName.keys()) records.get(name);
  if (counts.size > 1) {
    const got = [...byName].map(([name, { length }]) => `"${name}" is there ${length} times`);
    throw fail("BATCH_MISMATCH", { got: got.join(", ") });
  }
  for (let row = 0; row < rows; row++) {
    for (const [name, given] of byName) {
      const { value } = given[row]!;
      if (typeof value === "string") records.get(name).addText(value);
      else records.get(name).addBytes(value);
    }
    records.endRow();
  }
  return {
    frame: records.toFrame(),
    form: rows > 1 ? { kind: "rows", count: rows } : { kind: "row" },
  };
}
