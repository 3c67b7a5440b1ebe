import {
  DATATYPES,
  elementCount,
  fail,
  toWireShape,
  type Datatype,
  type LongshoreError,
  type Signature,
  type TensorSpec,
} from "@longshore/core";
import type { Csv } from "../csv.ts";
import { MAX_SIZE, rowsPerCall, type Call, type Calls } from "./call.ts";
import { toBody } from "./json.ts";

/** Which columns (by index) make which input, row-major where a row of it has several elements. */
interface Plan {
  readonly inputs: readonly { readonly spec: TensorSpec; readonly columns: readonly number[] }[];
  readonly notes: readonly string[];
}

/**
 * Makes calls of the rows of a CSV file.
 *
 * Columns named like the inputs are these inputs. Otherwise a model with a single input takes the
 * columns in their order, as many as a row of it has elements. If there is one too many, it is the
 * last, where the target is kept as a rule, and a note says so. Columns that are no input are
 * carried along.
 *
 * @param drop names of columns that are no inputs.
 * @throws LongshoreError DATA_INVALID
 */
export function fromCsv(
  csv: Csv,
  signature: Signature,
  outputs: readonly string[],
  drop: readonly string[],
  file: string,
): Calls {
  const { inputs, notes } = plan(csv.header, signature, drop, file);
  const used = new Set(inputs.flatMap(({ columns }) => columns));
  const carried = csv.header.flatMap((_, column) => (used.has(column) ? [] : [column]));
  return { carried: carried.map((column) => csv.header[column]!), notes, calls: makeCalls() };

  function* makeCalls(): Generator<Call> {
    const limit = rowsPerCall(signature);
    let rows: string[][] = [];
    let kept: string[][] = [];
    let size = 0;
    for (const { line, fields } of csv.records) {
      const texts = inputs.map(({ spec, columns }) => {
        const elements = columns.map((column) => {
          const where = `line ${line}, column "${csv.header[column]}"`;
          return toJson(fields[column]!, spec.datatype, (problem) =>
            fail("DATA_INVALID", { file, problem: `${where}: ${problem}` }),
          );
        });
        return nest(elements, rowShape(spec));
      });
      rows.push(texts);
      kept.push(carried.map((column) => fields[column]!));
      size += texts.reduce((sum, text) => sum + text.length, 0);
      if (rows.length < limit && size < MAX_SIZE) continue;
      yield toCall(rows, kept);
      rows = [];
      kept = [];
      size = 0;
    }
    if (rows.length > 0) yield toCall(rows, kept);
  }

  function toCall(rows: readonly string[][], kept: readonly string[][]): Call {
    const fields = inputs.map(
      ({ spec }, index) =>
        `${JSON.stringify(spec.name)}:[${rows.map((row) => row[index]).join(",")}]`,
    );
    return { body: toBody(`{${fields.join(",")}}`, outputs), carried: kept };
  }
}

function plan(
  header: readonly string[],
  { inputs }: Signature,
  drop: readonly string[],
  file: string,
): Plan {
  const invalid = (problem: string): LongshoreError => fail("DATA_INVALID", { file, problem });
  const named = inputs.map((spec) => ({ spec, columns: [header.indexOf(spec.name)] }));
  if (named.every(({ spec, columns }) => columns[0]! >= 0 && sizeOf(spec) === 1))
    return { inputs: named, notes: [] };
  const [spec, ...others] = inputs;
  if (spec === undefined) throw invalid("the model has no inputs to give the columns to");
  if (others.length > 0) {
    if (inputs.some((input) => sizeOf(input) !== 1)) {
      throw invalid("the model's inputs do not fit into a column each; use JSON or NPY");
    }
    const missing = inputs.flatMap(({ name }) => (header.includes(name) ? [] : [`"${name}"`]));
    throw invalid(`has no column for the inputs ${missing.join(", ")}`);
  }
  if (looksLikeData(header, spec.datatype))
    throw invalid("line 1 holds numbers; expected a header with column names");
  const columns = header.flatMap((name, column) => (drop.includes(name) ? [] : [column]));
  if (columns.length === 0) throw invalid("no column is left");
  const size = sizeOf(spec);
  if (size === undefined)
    throw invalid("rows of columns do not make the model's input; use JSON or NPY");
  if (size === "any" || columns.length === size) return { inputs: [{ spec, columns }], notes: [] };
  const last = header[columns.at(-1)!];
  const first = header[columns[0]!];
  if (columns.length === size + 1 && !isIndex(first!)) {
    const notes = [
      `column "${last}" is taken as the target and left out: the model takes ${size} columns`,
    ];
    return { inputs: [{ spec, columns: columns.slice(0, -1) }], notes };
  }
  throw invalid(
    `input "${spec.name}" takes ${size} columns, but there are ${columns.length}` +
      (columns.length > size
        ? `; leave the others out by name, such as --drop ${quote(isIndex(first!) ? first! : last!)}`
        : ""),
  );
}

/** The names under which row numbers are exported. */
function isIndex(name: string): boolean {
  return /^(|id|index|row|unnamed: 0)$/i.test(name.trim());
}

/** `0,1,2` is what a table without column names is exported with; other numbers are data. */
function looksLikeData(header: readonly string[], datatype: Datatype): boolean {
  if (
    DATATYPES[datatype].kind === "string" ||
    header.every((name, column) => name === String(column))
  )
    return false;
  return header.every((name) => name.trim() !== "" && Number.isFinite(Number(name)));
}

/** Elements of one row; undefined if rows of one length do not make this input. */
function sizeOf(spec: TensorSpec): number | "any" | undefined {
  const shape = rowShape(spec);
  if (shape.length === 1 && typeof shape[0] === "string") return "any";
  const size = elementCount(toWireShape(shape));
  return size > 0 ? size : undefined;
}

/** The axes after that of the rows. */
function rowShape(spec: TensorSpec): TensorSpec["shape"] {
  return spec.shape.slice(1);
}

/** Elements as nested JSON arrays. */
function nest(elements: readonly string[], shape: TensorSpec["shape"]): string {
  let items = elements;
  for (const length of shape.toReversed()) {
    const width = typeof length === "number" ? length : items.length;
    const groups = Array.from({ length: items.length / width }, (_, group) =>
      items.slice(group * width, (group + 1) * width),
    );
    items = groups.map((group) => `[${group.join(",")}]`);
  }
  return items[0]!;
}

/** A field as JSON text, its digits as they are: numbers keep the precision they have in the file. */
function toJson(
  field: string,
  datatype: Datatype,
  invalid: (problem: string) => LongshoreError,
): string {
  const { kind } = DATATYPES[datatype];
  if (kind === "string") return JSON.stringify(field);
  const text = field.trim();
  if (kind === "bool") {
    const value = /^(true|1)$/i.test(text)
      ? "true"
      : /^(false|0)$/i.test(text)
        ? "false"
        : undefined;
    if (value === undefined) throw invalid(`expected true or false, got "${text}"`);
    return value;
  }
  // What tables write for an integer in a column that also has gaps.
  const number = kind === "float" ? text : text.replace(/\.0+$/, "");
  if (JSON_NUMBER.test(number)) return number;
  if (number === "" || !Number.isFinite(Number(number)))
    throw invalid(`expected a number, got "${text}"`);
  return String(Number(number));
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function quote(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name}'`;
}
