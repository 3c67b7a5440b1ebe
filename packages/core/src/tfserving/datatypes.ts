import type { Datatype } from "../datatype.ts";

/** TensorFlow's name and number of each data type. Source: tensorflow `core/framework/types.proto`. */
export const TENSORFLOW_TYPES: Readonly<
  Record<Datatype, { readonly name: string; readonly number: number }>
> = {
  BOOL: { name: "DT_BOOL", number: 10 },
  UINT8: { name: "DT_UINT8", number: 4 },
  UINT16: { name: "DT_UINT16", number: 17 },
  UINT32: { name: "DT_UINT32", number: 22 },
  UINT64: { name: "DT_UINT64", number: 23 },
  INT8: { name: "DT_INT8", number: 6 },
  INT16: { name: "DT_INT16", number: 5 },
  INT32: { name: "DT_INT32", number: 3 },
  INT64: { name: "DT_INT64", number: 9 },
  FP16: { name: "DT_HALF", number: 19 },
  BF16: { name: "DT_BFLOAT16", number: 14 },
  FP32: { name: "DT_FLOAT", number: 1 },
  FP64: { name: "DT_DOUBLE", number: 2 },
  BYTES: { name: "DT_STRING", number: 7 },
};

const BY_NUMBER = new Map(
  Object.entries(TENSORFLOW_TYPES).map(([datatype, { number }]) => [number, datatype as Datatype]),
);

/** The data type of a number; undefined for one that no model takes, such as of complex numbers. */
export function fromTensorFlowType(number: number): Datatype | undefined {
  return BY_NUMBER.get(number);
}
