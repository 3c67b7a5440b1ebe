import {
  checkInputs,
  elementCount,
  fail,
  isStrings,
  toTypedArray,
  LongshoreError,
  type Signature,
  type Tensor,
  type Tensors,
} from "@longshore/core";
import { toDatatype } from "../../data/calls/arrays.ts";
import type { DataFile } from "../../data/file.ts";
import { readNpy } from "../../data/npy.ts";
import { openNpz } from "../../data/npz.ts";
import type { Samples } from "../samples.ts";
import {
  findRowAxis,
  fixedRows,
  pickRows,
  tableBatches,
  usableRows,
  type RowAxis,
} from "./rows.ts";

/**
 * Arrays named like the inputs, and one more where there are labels; for a model with a single input
 * the only other array is that input, whatever its name. Each has one axis of rows, the first, in
 * front of what a row of the input has.
 */
export function fromArrayFile(
  file: DataFile,
  signature: Signature,
  labels: string | undefined,
): Samples {
  try {
    return read(file, signature, labels);
  } catch (error) {
    if (!(error instanceof LongshoreError) || error.code === "DATA_INVALID") throw error;
    throw fail("DATA_INVALID", { file: file.name, problem: error.message });
  }
}

function read(file: DataFile, signature: Signature, labels: string | undefined): Samples {
  const invalid = (problem: string): LongshoreError =>
    fail("DATA_INVALID", { file: file.name, problem });
  const arrays = openArrays(file, signature, labels, invalid);
  const axis = findRowAxis(signature);
  const table = new Map(
    signature.inputs.map(({ name, datatype, shape }) => {
      const array = arrays.get(name)!();
      const rank = axis.kind === "none" ? shape.length + 1 : shape.length;
      if (array.shape.length === rank) return [name, toDatatype(array, datatype, name)];
      const got = `${array.datatype}[${array.shape.join(",")}]`;
      throw invalid(`array "${name}" has ${got}; expected an axis of rows and ${rank - 1} others`);
    }),
  );
  const counts = new Set([...table.values()].map(({ shape }) => shape[0]));
  const [rows = 0] = counts;
  if (counts.size !== 1) throw invalid("its arrays differ in their number of rows");
  const count = usableRows(rows, axis, file.name);
  checkShapes(table, signature, axis, file.name);
  const readLabels = labels === undefined ? undefined : arrays.get(labels);
  const texts = readLabels && toLabels(readLabels(), rows, labels!, invalid);
  return {
    file: file.name,
    count,
    notes: [],
    ...(texts && { labels: texts }),
    ...fixedRows(axis),
    batches: (rows, size) => tableBatches(table, rows, size, axis),
  };
}

type Invalid = (problem: string) => LongshoreError;

/** How to read the array of each input and of the labels. */
function openArrays(
  file: DataFile,
  { inputs }: Signature,
  labels: string | undefined,
  invalid: Invalid,
): ReadonlyMap<string, () => Tensor> {
  const [only, ...others] = inputs;
  if (file.format === "npy") {
    if (labels !== undefined)
      throw invalid("is a single array, without labels; save inputs and labels with numpy.savez");
    if (only === undefined || others.length > 0)
      throw invalid("is a single array, but the model has several inputs; use numpy.savez");
    return new Map([[only.name, () => readNpy(file.bytes, file.name)]]);
  }
  const arrays = new Map(openNpz(file.bytes, file.name));
  const names = [...arrays.keys()].join(", ");
  if (labels !== undefined && !arrays.has(labels))
    throw invalid(`there is no array "${labels}" for the labels; there are ${names}`);
  const rest = [...arrays.keys()].filter((name) => name !== labels);
  if (only !== undefined && others.length === 0 && rest.length === 1 && !arrays.has(only.name))
    arrays.set(only.name, arrays.get(rest[0]!)!);
  const missing = inputs.find(({ name }) => !arrays.has(name));
  if (missing !== undefined)
    throw invalid(`there is no array "${missing.name}" for the input; there are ${names}`);
  return arrays;
}

/** By what one run gets, which stands for all; or by everything, where a run takes any rows. */
function checkShapes(table: Tensors, signature: Signature, axis: RowAxis, file: string): void {
  const model = { name: file, signature };
  if (axis.kind === "free") return checkInputs(model, table);
  const rows = Array.from({ length: axis.kind === "fixed" ? axis.rows : 1 }, (_, row) => row);
  const first = new Map<string, Tensor>();
  for (const [name, tensor] of table) {
    const { shape, ...picked } = pickRows(tensor, rows);
    first.set(name, { ...picked, shape: axis.kind === "none" ? shape.slice(1) : shape });
  }
  checkInputs(model, first);
}

function toLabels(array: Tensor, count: number, name: string, invalid: Invalid): string[] {
  const { datatype, shape, data } = array;
  if (shape[0] !== count || elementCount(shape) !== count) {
    const got = `${datatype}[${shape.join(",")}]`;
    throw invalid(`labels "${name}": expected one for each of ${count} rows, got ${got}`);
  }
  if (isStrings(data)) return [...data];
  const numeric = datatype === "BOOL" ? array : toNumbers(array, name);
  return Array.from<number | bigint, string>(toTypedArray(numeric.datatype, numeric.data), String);
}

/** 16-bit floats are bit patterns: their values are wanted. */
function toNumbers(array: Tensor, name: string): Tensor {
  return array.datatype === "FP16" ? toDatatype(array, "FP32", name) : array;
}
