import { fail } from "../errors.ts";
import { ElementReader } from "../json/elements.ts";
import { expectKind } from "../json/fields.ts";
import type { JsonReader } from "../json/reader.ts";
import { namesOf } from "../json/signatureNames.ts";
import { formatNames, formatSpec, type TensorSpec } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { findInput, type ModelContract } from "../validate.ts";

/**
 * How inputs were written: `columns`, whole tensors by name; `rows`, an array of one object a row;
 * `row`, one row alone, without its batch axis.
 */
export type PredictForm =
  | { readonly kind: "columns" }
  | { readonly kind: "row" }
  | { readonly kind: "rows"; readonly count: number };

export interface PredictInputs {
  readonly tensors: Map<string, Tensor>;
  readonly form: PredictForm;
}

type Columns = Map<string, ElementReader>;

/**
 * Reads `inputs`, which is one of
 *
 * - nested arrays, for a model with one input: `[[1, 2], [3, 4]]`;
 * - an object of nested arrays by input name: `{"age": [[41], [36]], "image": …}`;
 * - an array of objects, one a row: `[{"age": 41}, {"age": 36}]`.
 *
 * Shapes are found from the nesting, data types come from the signature. In the first two forms,
 * the batch axis may be left out of all inputs together, which makes them a single row; an axis
 * counts as the batch axis where it is the first and free.
 *
 * Where a row's value has the shape [1], the number alone will do: `{"age": 41}` is a single row and
 * `{"age": [41, 36]}` a batch of two. A list of one, `{"age": [41]}`, is therefore a batch of one,
 * so that the answer's form does not change with the length of a list, unless another input says
 * that this is a single row.
 *
 * @throws LongshoreError of the codes JSON_*, FIELD_TYPE, INPUT_*, BATCH_MISMATCH.
 */
export function readInputs(
  reader: JsonReader,
  model: ModelContract,
  maxElements: number,
): PredictInputs {
  const kind = reader.peek();
  if (kind === "array" && reader.peekElement() === "object") {
    return readRows(reader, model, maxElements);
  }
  const columns =
    kind === "object"
      ? readColumns(reader, model, maxElements)
      : readOnlyColumn(reader, model, maxElements);
  return fromColumns(model, columns);
}

function readRows(reader: JsonReader, model: ModelContract, maxElements: number): PredictInputs {
  const columns: Columns = new Map();
  const { inputs: specs } = model.signature;
  const names = namesOf(model.signature).inputs;
  let count = 0;
  reader.openArray();
  while (reader.nextElement()) {
    const place = `inputs[${count}]`;
    expectKind(reader, "object", place, "", "an object, as the rows before it");
    reader.openObject();
    let given = 0;
    while (reader.nextMember()) {
      const spec = findInput(model, reader.readKey(names));
      let column = columns.get(spec.name);
      if (column === undefined) {
        column = startColumn(reader, spec, "inputs", maxElements);
        columns.set(spec.name, column);
      }
      column.openRow(count);
      column.read(reader, 1);
      given++;
    }
    if (given < specs.length) {
      const missing = specs.find(({ name }) => columns.get(name)?.row !== count) as TensorSpec;
      const expected = `${formatSpec(missing)} in ${place}`;
      throw fail("INPUT_MISSING", { input: missing.name, expected });
    }
    count++;
  }
  const tensors = new Map<string, Tensor>();
  for (const [name, column] of columns) {
    column.closeRows(count);
    const spec = findInput(model, name);
    tensors.set(name, toTensor(spec, column, interpret(spec, column.shape).batch));
  }
  return { tensors, form: { kind: "rows", count } };
}

function readColumns(reader: JsonReader, model: ModelContract, maxElements: number): Columns {
  const columns: Columns = new Map();
  const names = namesOf(model.signature).inputs;
  reader.openObject();
  while (reader.nextMember()) {
    const spec = findInput(model, reader.readKey(names));
    const column = startColumn(reader, spec, `inputs.${spec.name}`, maxElements);
    column.read(reader, 0);
    columns.set(spec.name, column);
  }
  return columns;
}

function readOnlyColumn(reader: JsonReader, model: ModelContract, maxElements: number): Columns {
  const [spec, second] = model.signature.inputs;
  if (spec === undefined || second !== undefined) {
    const names = formatNames(model.signature.inputs);
    throw fail("FIELD_TYPE", {
      field: "inputs",
      where: "",
      expected: `an object with the inputs ${names}`,
      got: reader.peek(),
    });
  }
  const column = startColumn(reader, spec, "inputs", maxElements);
  column.read(reader, 0);
  return new Map([[spec.name, column]]);
}

function fromColumns(model: ModelContract, columns: Columns): PredictInputs {
  const readings = [...columns].map(([name, column]) => {
    const spec = findInput(model, name);
    return { spec, column, ...interpret(spec, column.shape) };
  });
  const isBatch = readings.every(({ batch }) => batch !== undefined);
  const isRow = readings.every(({ row }) => row !== undefined);
  const misfit = readings.find(({ batch, row }) => batch === undefined && row === undefined);
  if (!isBatch && !isRow && misfit === undefined) {
    const got = readings.map(
      ({ spec, batch }) => `"${spec.name}" is ${batch === undefined ? "one row" : "a batch"}`,
    );
    throw fail("BATCH_MISMATCH", { got: got.join(", ") });
  }
  const tensors = new Map<string, Tensor>();
  for (const { spec, column, batch, row } of readings) {
    tensors.set(spec.name, toTensor(spec, column, isBatch ? batch : row));
  }
  return { tensors, form: { kind: isBatch ? "columns" : "row" } };
}

function startColumn(
  reader: JsonReader,
  spec: TensorSpec,
  root: string,
  maxElements: number,
): ElementReader {
  let elements = 1;
  for (const dimension of spec.shape) if (typeof dimension === "number") elements *= dimension;
  // An element takes two bytes at least: a signature alone must not reserve memory.
  const capacity = Math.min(elements, (reader.remaining >> 1) + 1);
  return new ElementReader(spec.name, root, spec.datatype, capacity, maxElements);
}

interface Interpretation {
  /** The tensor's shape, if the nesting can mean a whole tensor. */
  readonly batch?: readonly number[];
  /** The tensor's shape, if the nesting can mean one row. */
  readonly row?: readonly number[];
}

/** What the shape of a nesting can mean for an input. */
function interpret(spec: TensorSpec, found: readonly number[]): Interpretation {
  const rank = spec.shape.length;
  // Without a batch axis there is nothing to leave out: the value is itself in either form.
  if (typeof spec.shape[0] !== "string") return { batch: found, row: found };
  const isNumberPerRow = rank === 2 && spec.shape[1] === 1;
  if (found.length === rank) return { batch: found };
  if (found.length === rank - 1) {
    const row = [1, ...found];
    if (!isNumberPerRow) return { row };
    return { batch: [...found, 1], ...(found[0] === 1 && { row }) };
  }
  if (isNumberPerRow && found.length === 0) return { row: [1, 1] };
  return {};
}

/** @throws LongshoreError INPUT_MISMATCH where the nesting means nothing for this input. */
function toTensor(
  spec: TensorSpec,
  column: ElementReader,
  shape: readonly number[] | undefined,
): Tensor {
  if (shape === undefined) {
    throw fail("INPUT_MISMATCH", {
      input: spec.name,
      expected: formatSpec(spec),
      got: `${spec.datatype}[${column.shape.join(",")}]`,
    });
  }
  return { datatype: spec.datatype, shape, data: column.data };
}
