import { fail, type LongshoreError } from "../errors.ts";
import type { InferRequest } from "../infer.ts";
import type { ElementReader } from "../json/elements.ts";
import { expectKind } from "../json/fields.ts";
import { toNameTable } from "../json/nameTable.ts";
import type { JsonReader } from "../json/reader.ts";
import { namesOf } from "../json/signatureNames.ts";
import { formatNames, formatSpec, type TensorSpec } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { checkInputs, findInput, type DecodeLimits, type ModelContract } from "../validate.ts";
import { isBase64Object, openBody, readSignatureName, startElements } from "./body.ts";

/** How a body gives its inputs, which the answer mirrors: rows, or whole tensors by name. */
export type PredictFormat = "row" | "columnar";

const KEYS = toNameTable(["signature_name", "instances", "inputs"]);

type Inputs = Map<string, Tensor>;

/**
 * Decodes and checks the body of a `:predict` call, which has one of
 *
 * - `instances`: an array of one value a row, or of objects of them by input name;
 * - `inputs`: a whole tensor, or an object of them by input name, where other names are passed over.
 *
 * A model with one input takes its values without its name. Shapes are as nested: unlike the plain
 * route, nothing is left out or added.
 *
 * @throws LongshoreError of the codes BODY_EMPTY, JSON_*, FIELD_*, INPUT_*, BATCH_MISMATCH.
 */
export function decodePredict(
  body: Uint8Array,
  model: ModelContract,
  limits: DecodeLimits,
): { readonly request: InferRequest; readonly format: PredictFormat } {
  const reader = openBody(body, limits.maxDepth, "instances");
  let inputs: Inputs | undefined;
  let format: PredictFormat = "row";
  while (reader.nextMember()) {
    const key = reader.readKey(KEYS);
    if (key === "signature_name") readSignatureName(reader);
    else if (key === "instances" || key === "inputs") {
      if (inputs !== undefined) throw bothForms(key);
      format = key === "instances" ? "row" : "columnar";
      inputs = (format === "row" ? readRows : readColumns)(reader, model, limits.maxElements);
    } else reader.skipValue();
  }
  reader.finish();
  if (inputs === undefined) {
    const expected = 'an array of rows, or whole tensors under "inputs"';
    throw fail("FIELD_MISSING", { field: "instances", where: "", expected });
  }
  checkInputs(model, inputs, limits);
  return { request: { inputs }, format };
}

function bothForms(field: string): LongshoreError {
  const problem = 'expected only one of "instances" and "inputs"';
  return fail("FIELD_INVALID", { field, where: "", problem });
}

function readRows(reader: JsonReader, model: ModelContract, maxElements: number): Inputs {
  expectKind(reader, "array", "instances", "", "an array of rows");
  reader.openArray();
  if (!reader.nextElement()) {
    const problem = "it has no values; send at least one row";
    throw fail("FIELD_INVALID", { field: "instances", where: "", problem });
  }
  const only = onlyInput(model);
  const named = reader.peek() === "object" && !(isText(only) && isBase64Object(reader));
  if (!named && only === undefined) throw namesNeeded(model, "instances[0]", reader);
  const columns = new Map<string, ElementReader>();
  let count = 0;
  do {
    if (named) readNamedRow(reader, model, columns, count, maxElements);
    else columnOf(columns, reader, only!, "instances", maxElements, count).read(reader, 1);
    count++;
  } while (reader.nextElement());
  for (const column of columns.values()) column.closeRows(count);
  return toTensors(model, columns);
}

function readNamedRow(
  reader: JsonReader,
  model: ModelContract,
  columns: Map<string, ElementReader>,
  row: number,
  maxElements: number,
): void {
  const place = `instances[${row}]`;
  expectKind(reader, "object", place, "", "an object, as the rows before it");
  reader.openObject();
  let given = 0;
  while (reader.nextMember()) {
    const spec = findInput(model, reader.readKey(namesOf(model.signature).inputs));
    columnOf(columns, reader, spec, "instances", maxElements, row).read(reader, 1);
    given++;
  }
  const { inputs } = model.signature;
  if (given === inputs.length) return;
  const missing = inputs.find(({ name }) => columns.get(name)?.row !== row) as TensorSpec;
  const expected = `${formatSpec(missing)} in ${place}`;
  throw fail("INPUT_MISSING", { input: missing.name, expected });
}

/** The column of an input, its next row opened. */
function columnOf(
  columns: Map<string, ElementReader>,
  reader: JsonReader,
  spec: TensorSpec,
  root: string,
  maxElements: number,
  row: number,
): ElementReader {
  let column = columns.get(spec.name);
  if (column === undefined) {
    column = startElements(reader, spec, root, maxElements);
    columns.set(spec.name, column);
  }
  column.openRow(row);
  return column;
}

function readColumns(reader: JsonReader, model: ModelContract, maxElements: number): Inputs {
  const columns = new Map<string, ElementReader>();
  const only = onlyInput(model);
  if (reader.peek() === "object" && !(isText(only) && isBase64Object(reader))) {
    const names = namesOf(model.signature).inputs;
    reader.openObject();
    while (reader.nextMember()) {
      const name = reader.readKey(names);
      const spec = model.signature.inputs.find((input) => input.name === name);
      if (spec === undefined) reader.skipValue();
      else columns.set(name, readWhole(reader, spec, `inputs.${name}`, maxElements));
    }
  } else if (only === undefined) throw namesNeeded(model, "inputs", reader);
  else columns.set(only.name, readWhole(reader, only, "inputs", maxElements));
  return toTensors(model, columns);
}

function readWhole(
  reader: JsonReader,
  spec: TensorSpec,
  root: string,
  maxElements: number,
): ElementReader {
  const column = startElements(reader, spec, root, maxElements);
  column.read(reader, 0);
  return column;
}

function toTensors(model: ModelContract, columns: ReadonlyMap<string, ElementReader>): Inputs {
  const tensors: Inputs = new Map();
  for (const [name, { shape, data }] of columns)
    tensors.set(name, { datatype: findInput(model, name).datatype, shape, data });
  return tensors;
}

function onlyInput({ signature }: ModelContract): TensorSpec | undefined {
  return signature.inputs.length === 1 ? signature.inputs[0] : undefined;
}

/** Only where text is expected can an object be a value rather than a row. */
function isText(spec: TensorSpec | undefined): boolean {
  return spec?.datatype === "BYTES";
}

function namesNeeded(model: ModelContract, field: string, reader: JsonReader): LongshoreError {
  const expected = `an object with the inputs ${formatNames(model.signature.inputs)}`;
  return fail("FIELD_TYPE", { field, where: "", expected, got: `a JSON ${reader.peek()}` });
}
