import {
  DATATYPES,
  fromBfloat16,
  fromFloat16,
  isStrings,
  toTypedArray,
  type Dimension,
  type Signature,
  type Tensor,
  type Tensors,
  type TensorSpec,
} from "@longshore/core";
import { UNKNOWN_RANK } from "@longshore/onnx";
import { findRowAxis } from "../samples/rows.ts";

/** True answers, one a row, and the order of their classes where the samples say one. */
export interface TrueAnswers {
  readonly labels: readonly string[];
  readonly classes?: readonly string[] | undefined;
}

/** The axes of one row of an output. */
export function rowShape(signature: Signature, { shape }: TensorSpec): readonly Dimension[] {
  return findRowAxis(signature).kind === "none" ? shape : shape.slice(1);
}

/** Whether an output has one element a row. */
export function isSingle(signature: Signature, output: TensorSpec): boolean {
  return hasRows(signature, output) && rowShape(signature, output).every((length) => length === 1);
}

/** Whether an output has a vector a row: of a fixed length above 1, or of one not known. */
export function isVector(signature: Signature, output: TensorSpec): boolean {
  const [length, ...others] = rowShape(signature, output);
  return hasRows(signature, output) && length !== undefined && length !== 1 && others.length === 0;
}

/** Whether the graph tells an output's rank, and that it has the rows of the inputs. */
function hasRows(signature: Signature, { shape }: TensorSpec): boolean {
  const [length] = shape;
  if (length === UNKNOWN_RANK) return false;
  const axis = findRowAxis(signature);
  if (axis.kind === "free") return typeof length === "string";
  return axis.kind === "none" || length === axis.rows;
}

export function isFloat({ datatype }: Pick<TensorSpec, "datatype">): boolean {
  return DATATYPES[datatype].kind === "float";
}

/** Whether elements are numbers, which may be near to each other without being equal. */
export function isComparable({ datatype }: Pick<TensorSpec, "datatype">): boolean {
  return datatype !== "BYTES" && datatype !== "BOOL";
}

/** An output by name. @throws Error if the model did not give it. */
export function outputOf(outputs: Tensors, name: string): Tensor {
  const tensor = outputs.get(name);
  if (tensor === undefined) throw new Error(`the model gave no output "${name}"`);
  return tensor;
}

/** A tensor's elements as numbers. @throws TypeError for BYTES. */
export function numbersOf({ datatype, data }: Tensor): ArrayLike<number> {
  const elements = toTypedArray(datatype, data);
  if (datatype === "FP16") return Float32Array.from(elements as Uint16Array, fromFloat16);
  if (datatype === "BF16") return Float32Array.from(elements as Uint16Array, fromBfloat16);
  if (elements instanceof BigInt64Array || elements instanceof BigUint64Array)
    return Float64Array.from(elements as BigInt64Array, Number);
  return elements;
}

/** A tensor's elements as text; whole numbers with all their digits. */
export function textsOf({ datatype, data }: Tensor): readonly string[] {
  if (isStrings(data)) return data;
  return Array.from<number | bigint, string>(toTypedArray(datatype, data), String);
}

/** What is lost where a metric is a plain number. */
export function difference(original: number, candidate: number): number {
  return Number.isNaN(candidate) ? Number.POSITIVE_INFINITY : original - candidate;
}
