import {
  byteLength,
  DATATYPES,
  elementCount,
  fail,
  formatSpec,
  isStrings,
  toTypedArray,
  type Datatype,
  type LongshoreError,
  type Signature,
  type Tensor,
  type TensorData,
  type Tensors,
} from "@longshore/core";
import { hasFreeRows, MAX_SIZE, rowsPerCall, type Call, type Calls } from "./call.ts";

/**
 * Makes calls of arrays, one an input: in the model's data types, and in parts where there are more
 * rows than a call should hold.
 *
 * An array without the axis of rows is one row. numpy makes FP64 and INT64 unless told otherwise;
 * arrays of another numeric type than the model's are converted, as numbers in JSON would be.
 *
 * @param limit rows to use at most; all when undefined.
 * @throws LongshoreError DATA_INVALID, INPUT_UNKNOWN
 */
export function fromArrays(
  arrays: Tensors,
  signature: Signature,
  model: string,
  limit: number | undefined,
): Calls {
  const notes: string[] = [];
  const tensors = new Map<string, Tensor>();
  for (const [name, array] of arrays) {
    const spec = signature.inputs.find((input) => input.name === name);
    if (spec === undefined) {
      throw fail("INPUT_UNKNOWN", {
        input: name,
        model,
        expected: signature.inputs.map((input) => input.name).join(", "),
      });
    }
    const oneRow =
      array.shape.length === spec.shape.length - 1 && typeof spec.shape[0] === "string";
    const tensor = oneRow ? { ...array, shape: [1, ...array.shape] } : array;
    tensors.set(name, toDatatype(tensor, spec.datatype, name));
    if (array.datatype !== spec.datatype) {
      notes.push(`input "${name}": ${array.datatype} is converted to ${spec.datatype}`);
    }
  }
  return { notes, carried: [], calls: split(tensors, signature, limit) };
}

function* split(
  tensors: Tensors,
  signature: Signature,
  limit = Number.POSITIVE_INFINITY,
): Generator<Call> {
  const lengths = new Set([...tensors.values()].map((tensor) => tensor.shape[0]));
  const [length] = lengths;
  // Without rows that can be told apart, all goes in one call, and the model says what it wants.
  if (!hasFreeRows(signature) || lengths.size !== 1 || length === undefined)
    return yield { tensors };
  const rows = Math.min(length, limit);
  const bytes = [...tensors.values()].reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const perCall = Math.max(
    1,
    Math.min(rowsPerCall(signature), Math.floor(MAX_SIZE / (bytes / length))),
  );
  for (let first = 0; first < rows; first += perCall) {
    const count = Math.min(perCall, rows - first);
    yield {
      tensors: new Map(
        Array.from(tensors, ([name, tensor]) => [name, sliceRows(tensor, first, count)]),
      ),
    };
  }
}

function sizeOf({ datatype, shape, data }: Tensor): number {
  if (!isStrings(data)) return byteLength(datatype, shape);
  return data.reduce((sum, text) => sum + text.length, 0);
}

function sliceRows({ datatype, shape, data }: Tensor, first: number, count: number): Tensor {
  const [, ...rest] = shape;
  const width = elementCount(rest);
  const [from, to] = [first * width, (first + count) * width];
  const part = isStrings(data)
    ? data.slice(from, to)
    : toTypedArray(datatype, data).subarray(from, to);
  return { datatype, shape: [count, ...rest], data: part };
}

/**
 * The tensor in another numeric data type: to floats with rounding, to integers only exactly.
 *
 * @throws LongshoreError INPUT_MISMATCH, INPUT_ELEMENT
 */
export function toDatatype(tensor: Tensor, datatype: Datatype, input: string): Tensor {
  if (tensor.datatype === datatype) return tensor;
  const from = DATATYPES[tensor.datatype];
  const to = DATATYPES[datatype];
  const refused = (): LongshoreError =>
    fail("INPUT_MISMATCH", { input, expected: datatype, got: formatSpec(tensor) });
  const convertible =
    isNumeric(from.kind) && isNumeric(to.kind) && !(from.kind === "float" && to.kind !== "float");
  if (!convertible || tensor.datatype === "BF16" || datatype === "BF16") throw refused();
  const source =
    tensor.datatype === "FP16" ? halves(tensor.data) : toTypedArray(tensor.datatype, tensor.data);
  const target =
    datatype === "FP16" ? new Float16Array(source.length) : new to.array!(source.length);
  for (const [index, value] of source.entries()) {
    if (to.kind !== "float" && !(value >= to.min! && value <= to.max!)) {
      const expected = `${datatype}, from ${to.min} to ${to.max}`;
      throw fail("INPUT_ELEMENT", { input, index, got: String(value), expected });
    }
    target[index] = to.kind === "bigint" ? BigInt(value) : Number(value);
  }
  return { datatype, shape: tensor.shape, data: target };
}

function isNumeric(kind: string): boolean {
  return kind === "float" || kind === "integer" || kind === "bigint";
}

function halves(data: TensorData): Float16Array {
  const bits = toTypedArray("FP16", data);
  return new Float16Array(bits.buffer, bits.byteOffset, bits.length);
}
