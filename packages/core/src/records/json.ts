import { fail } from "../errors.ts";
import { expectKind } from "../json/fields.ts";
import type { JsonReader } from "../json/reader.ts";
import type { DecodeLimits } from "../validate.ts";
import type { Frame } from "../pipeline/frame.ts";
import { readEnvelope } from "../predict/envelope.ts";
import type { PredictForm } from "../predict/index.ts";
import type { DecodedRecords, RecordContract } from "./contract.ts";
import { nameOf } from "./kinds.ts";
import { checkCount, formatFields, Records, type FieldValues } from "./records.ts";

/**
 * Decodes and checks the body of a call in a bundle's terms. `readEnvelope` tells what it is; its
 * `inputs` are one of
 *
 * - one row, `{"age": 41, "city": "Ulm"}`; the answer is one object;
 * - rows, `[{"age": 41}, {"age": 36}]`; the answer is a list of objects;
 * - columns, `{"age": [41, 36]}`; the answer is an object of lists;
 * - for a bundle with one field, its value or a list of its values, which are rows.
 *
 * @throws LongshoreError of the codes BODY_EMPTY, JSON_*, FIELD_*, PARAMETER_*, INPUT_*,
 *   BATCH_MISMATCH, ROWS_TOO_MANY, OUTPUT_UNKNOWN, OUTPUT_DUPLICATE.
 */
export function decodeJsonRecords(
  body: Uint8Array,
  contract: RecordContract,
  limits: DecodeLimits,
): DecodedRecords {
  const { inputs, outputs, parameters } = readEnvelope(body, limits.maxDepth, {
    formatExpected: () =>
      `an object with ${formatFields(Object.keys(contract.inputs))}, or a list of such`,
    readInputs: (reader) => readInputs(reader, contract, limits.maxElements),
    outputCount: contract.answer.size,
    checkOutputs: (names) => checkOutputs(contract, names),
  });
  return { ...inputs, ...(outputs.length > 0 && { outputs }), ...parameters };
}

type Read = { readonly frame: Frame; readonly form: PredictForm };

function readInputs(reader: JsonReader, contract: RecordContract, maxElements: number): Read {
  const kind = reader.peek();
  if (kind === "object") return readObject(reader, contract, maxElements);
  const isRows = kind === "array" && reader.peekElement() === "object";
  const names = Object.keys(contract.inputs);
  if (!isRows && names.length > 1) {
    const expected = `an object with the fields, or a list of such objects`;
    throw fail("FIELD_TYPE", { field: "inputs", where: "", expected, got: nameOf(kind) });
  }
  const records = new Records(contract, maxElements, (row) => (isRow ? "" : ` in row ${row}`));
  const [only] = records.fields.values();
  const isRow = !isRows && reader.peekDepth() <= (only?.depth ?? 0);
  if (isRow) {
    only!.readJson(reader);
    records.endRow();
    return { frame: records.toFrame(), form: { kind: "row" } };
  }
  reader.openArray();
  while (reader.nextElement()) {
    if (isRows) readRow(reader, records);
    else {
      only!.readJson(reader);
      records.endRow();
    }
  }
  return { frame: records.toFrame(), form: { kind: "rows", count: records.count } };
}

/** Reads one row: an object by field. */
export function readRow(reader: JsonReader, records: Records): void {
  const place = `inputs[${records.count}]`;
  expectKind(reader, "object", place, "", "an object with the fields");
  reader.openObject();
  while (reader.nextMember())
    records.get(reader.readKey(records.names), ` in row ${records.count}`).readJson(reader);
  records.endRow();
}

/** Reads an object by field: each a value, which makes one row, or each a list of values. */
function readObject(reader: JsonReader, contract: RecordContract, maxElements: number): Read {
  let columns: boolean | undefined;
  let decidedBy = "";
  const records = new Records(contract, maxElements, (row) =>
    columns === true ? ` in row ${row}` : "",
  );
  /** Fields that are null as a whole. */
  const nulls: FieldValues[] = [];
  const given: [string, FieldValues][] = [];
  reader.openObject();
  while (reader.nextMember()) {
    const name = reader.readKey(records.names);
    const values = records.get(name);
    if (reader.peek() === "null") {
      reader.readNull();
      nulls.push(values);
      continue;
    }
    const isColumn = reader.peekDepth() > values.depth;
    if (columns === undefined) [columns, decidedBy] = [isColumn, name];
    else if (columns !== isColumn) {
      const [list, value] = isColumn ? [name, decidedBy] : [decidedBy, name];
      throw fail("BATCH_MISMATCH", { got: `"${list}" is a list of rows, "${value}" is one row` });
    }
    if (isColumn) readColumn(reader, values, contract);
    else values.readJson(reader);
    given.push([name, values]);
  }
  const rows = given[0]?.[1].count ?? 1;
  if (given.some(([, { count }]) => count !== rows)) {
    const got = given.map(([name, { count }]) => `"${name}" has ${count}`).join(", ");
    throw fail("BATCH_MISMATCH", { got });
  }
  for (const values of nulls) for (let row = 0; row < rows; row++) values.addNull();
  for (let row = 0; row < rows; row++) records.endRow();
  return {
    frame: records.toFrame(),
    form: columns === true ? { kind: "columns" } : { kind: "row" },
  };
}

function readColumn(reader: JsonReader, values: FieldValues, contract: RecordContract): void {
  reader.openArray();
  while (reader.nextElement()) {
    values.readJson(reader);
    checkCount(contract, values.count);
  }
}

function checkOutputs({ name: model, answer }: RecordContract, names: readonly string[]): void {
  for (const [index, output] of names.entries()) {
    if (!answer.has(output)) {
      const expected = [...answer.keys()].map((name) => `"${name}"`).join(", ");
      throw fail("OUTPUT_UNKNOWN", { output, model, expected });
    }
    if (names.indexOf(output) < index) throw fail("OUTPUT_DUPLICATE", { output });
  }
}
