import { DATATYPES, type Datatype, type TypedArray } from "../datatype.ts";
import { fail } from "../errors.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import type { TensorSpec } from "../signature.ts";
import { isStrings, toTypedArray, type Tensor, type TensorData } from "../tensor.ts";
import { checkedCount, checkSpec } from "../validate.ts";
import { decodeText } from "../v2/byteElements.ts";
import { fromTensorFlowType, TENSORFLOW_TYPES } from "./datatypes.ts";
import { heldBytes, type RepeatLimits } from "./repeatLimits.ts";
import type { TensorProto } from "./messages/tensor.ts";
import { decodeStringContent } from "./stringContent.ts";

type ValuesField = Exclude<
  {
    [Key in keyof TensorProto]-?: Required<TensorProto>[Key] extends ArrayLike<unknown>
      ? Key
      : never;
  }[keyof TensorProto],
  "tensor_content" | "unknownFields"
>;

/** Where the elements of each data type are. Source: tensorflow `core/framework/tensor.cc`. */
const FIELDS: Readonly<Record<Datatype, ValuesField>> = {
  BOOL: "bool_val",
  UINT8: "int_val",
  UINT16: "int_val",
  UINT32: "uint32_val",
  UINT64: "uint64_val",
  INT8: "int_val",
  INT16: "int_val",
  INT32: "int_val",
  INT64: "int64_val",
  FP16: "half_val",
  BF16: "half_val",
  FP32: "float_val",
  FP64: "double_val",
  BYTES: "string_val",
};

const ALL_FIELDS = [...new Set(Object.values(FIELDS))];

/**
 * An input as it came, checked against what the model says of it.
 *
 * Elements are in `tensor_content`, which stays a view of the message, or in the field of their type:
 * there the last value stands for all that are missing, and without any all are zero or empty, as
 * TensorFlow has it.
 *
 * @throws LongshoreError INPUT_DATATYPE, INPUT_MISMATCH, INPUT_SHAPE, INPUT_TOO_LARGE, INPUT_COUNT,
 *   INPUT_DATA, INPUT_ELEMENT.
 */
export function readTensor(proto: TensorProto, spec: TensorSpec, limits: RepeatLimits): Tensor {
  const { name } = spec;
  const datatype = fromTensorFlowType(proto.dtype);
  if (datatype === undefined) {
    const expected = Object.values(TENSORFLOW_TYPES).map((type) => `${type.name} (${type.number})`);
    throw fail("INPUT_DATATYPE", {
      input: name,
      datatype: `${proto.dtype}`,
      expected: expected.join(", "),
    });
  }
  const shape = readShape(proto, name);
  checkSpec(spec, { datatype, shape });
  const count = checkedCount(name, shape, limits.maxElements);
  refuseOtherFields(proto, datatype, name);
  return { datatype, shape, data: readData(proto, datatype, name, shape, count, limits) };
}

function readShape({ tensor_shape: shape }: TensorProto, input: string): number[] {
  if (shape?.unknown_rank === true) {
    const problem = "a tensor with elements has a rank";
    throw fail("INPUT_SHAPE", { input, shape: "of unknown rank", problem });
  }
  return shape?.dim.map(({ size }) => size) ?? [];
}

/** Elements that would be passed over are a mistake of the caller's. */
function refuseOtherFields(proto: TensorProto, datatype: Datatype, input: string): void {
  const field = FIELDS[datatype];
  const hasContent = (proto.tensor_content?.length ?? 0) > 0;
  for (const other of ALL_FIELDS) {
    if ((other === field && !hasContent) || (proto[other]?.length ?? 0) === 0) continue;
    const { name } = TENSORFLOW_TYPES[datatype];
    const problem = hasContent
      ? `it has ${other} beside tensor_content; send one of the two`
      : `it has ${other}, but elements of ${name} go into ${field}, or into tensor_content`;
    throw fail("INPUT_DATA", { input, problem });
  }
}

function readData(
  proto: TensorProto,
  datatype: Datatype,
  input: string,
  shape: readonly number[],
  count: number,
  limits: RepeatLimits,
): TensorData {
  const { tensor_content: content } = proto;
  if (content !== undefined && content.length > 0)
    return datatype === "BYTES" ? decodeStringContent(input, content, count) : content;
  const given = readValues(proto, datatype, input);
  if (given.length > count) {
    const expected = `${count} elements`;
    throw fail("INPUT_COUNT", { input, shape: shape.join(","), expected, got: `${given.length}` });
  }
  return given.length === count ? given : repeatLast(given, datatype, count, limits);
}

/** The elements that a message lists. */
function readValues(
  proto: TensorProto,
  datatype: Datatype,
  input: string,
): readonly string[] | TypedArray {
  if (datatype === "BYTES")
    return (proto.string_val ?? []).map((bytes, index) => decodeText(input, index, bytes));
  const array = DATATYPES[datatype].array!;
  const values = proto[FIELDS[datatype] as Exclude<ValuesField, "string_val">];
  if (values === undefined) return new array(0);
  return values instanceof array ? values : narrow(input, datatype, values as Int32Array);
}

/** Elements of 8 or 16 bits, which travel as 32. */
function narrow(input: string, datatype: Datatype, values: Int32Array): TypedArray {
  const { array, min = 0, max = 0xffff } = DATATYPES[datatype];
  const index = values.findIndex((value) => value < min || value > max);
  if (index >= 0) {
    const expected = `an integer from ${min} to ${max} (${datatype})`;
    throw fail("INPUT_ELEMENT", { input, index, got: `${values[index]}`, expected });
  }
  const narrowed = new array!(values.length) as Int16Array;
  narrowed.set(values);
  return narrowed;
}

function repeatLast(
  given: readonly string[] | TypedArray,
  datatype: Datatype,
  count: number,
  { hold }: RepeatLimits,
): TensorData {
  const { array } = DATATYPES[datatype];
  hold(heldBytes(datatype, count));
  if (isStrings(given))
    return [...given, ...Array<string>(count - given.length).fill(given.at(-1) ?? "")];
  const all = new array!(count) as Float32Array;
  all.set(given as Float32Array);
  if (given.length > 0) all.fill(given.at(-1) as number, given.length);
  return all;
}

/**
 * A tensor as a message, its elements in the field of their type, as TensorFlow Serving answers:
 * clients read `float_val`. Those of 32 and 64 bits are views.
 */
export function writeTensor({ datatype, shape, data }: Tensor): TensorProto {
  const head: TensorProto = {
    dtype: TENSORFLOW_TYPES[datatype].number,
    tensor_shape: { dim: shape.map((size) => ({ size })) },
  };
  const field = FIELDS[datatype];
  if (datatype === "BYTES") head.string_val = (data as readonly string[]).map(encodeUtf8);
  else {
    const values = toTypedArray(datatype, data);
    const isWide = field === "int_val" || field === "half_val";
    (head as Record<ValuesField, unknown>)[field] =
      isWide && datatype !== "INT32" ? Int32Array.from(values as Int16Array) : values;
  }
  return head;
}
