import { fail } from "../errors.ts";
import { JsonReader } from "../json/reader.ts";
import type { DecodeLimits } from "../validate.ts";
import type { DecodedRecords, RecordContract } from "./contract.ts";
import { readRow } from "./json.ts";
import { Records } from "./records.ts";

/**
 * Decodes JSON Lines: a row a line, as an object by field, or for a bundle with one field as its
 * value.
 *
 * @throws LongshoreError as `decodeJsonRecords`.
 */
export function decodeJsonLineRecords(
  body: Uint8Array,
  contract: RecordContract,
  limits: DecodeLimits,
): DecodedRecords {
  if (body.length === 0) throw fail("BODY_EMPTY", { expected: "a line for each row" });
  const reader = new JsonReader(body, limits.maxDepth);
  const records = new Records(contract, limits.maxElements, (row) => ` in row ${row}`);
  const [only, ...others] = records.fields.values();
  while (!reader.atEnd()) {
    if (reader.peek() === "object" || only === undefined || others.length > 0) {
      readRow(reader, records);
    } else {
      only.readJson(reader);
      records.endRow();
    }
  }
  return { frame: records.toFrame(), form: { kind: "rows", count: records.count } };
}
