import { DATATYPES, type Datatype } from "../datatype.ts";
import { fail } from "../errors.ts";
import type { TensorData } from "../tensor.ts";
import { decodeText } from "../v2/byteElements.ts";
import type { InferTensorContents } from "./messages.ts";

type ContentsField = Exclude<keyof InferTensorContents, "unknownFields">;

/** Where the elements of each data type are; FP16 and BF16 have no field. */
const FIELDS: Readonly<Record<Exclude<Datatype, "FP16" | "BF16">, ContentsField>> = {
  BOOL: "bool_contents",
  INT8: "int_contents",
  INT16: "int_contents",
  INT32: "int_contents",
  INT64: "int64_contents",
  UINT8: "uint_contents",
  UINT16: "uint_contents",
  UINT32: "uint_contents",
  UINT64: "uint64_contents",
  FP32: "fp32_contents",
  FP64: "fp64_contents",
  BYTES: "bytes_contents",
};

/**
 * A tensor's elements from the typed fields of a message.
 *
 * @throws LongshoreError INPUT_DATA where the elements are in another type's field, or the type has
 *   none; INPUT_ELEMENT where one is out of its type's range.
 */
export function readContents(
  input: string,
  datatype: Datatype,
  contents: InferTensorContents,
): TensorData {
  if (datatype === "FP16" || datatype === "BF16") {
    const problem = `"contents" has no field for ${datatype}; send it in raw_input_contents`;
    throw fail("INPUT_DATA", { input, problem });
  }
  const field = FIELDS[datatype];
  for (const other of Object.values(FIELDS)) {
    if (other !== field && (contents[other]?.length ?? 0) > 0) {
      const problem = `"contents" has ${other}, but elements of ${datatype} go into ${field}`;
      throw fail("INPUT_DATA", { input, problem });
    }
  }
  const { bytes_contents: texts } = contents;
  if (datatype === "BYTES") {
    return (texts ?? []).map((bytes, index) => decodeText(input, index, bytes));
  }
  const elements = contents[field as Exclude<ContentsField, "bytes_contents">];
  if (elements === undefined) return new Uint8Array(0);
  const { array } = DATATYPES[datatype];
  return elements instanceof array!
    ? elements
    : narrow(input, datatype, elements as Int32Array | Uint32Array);
}

/** Elements of a type of 8 or 16 bits, which travel as 32. */
function narrow(input: string, datatype: Datatype, elements: Int32Array | Uint32Array): TensorData {
  const { array, min, max } = DATATYPES[datatype];
  const index = elements.findIndex((value: number) => value < min! || value > max!);
  if (index >= 0) {
    const expected = `an integer from ${min} to ${max} (${datatype})`;
    throw fail("INPUT_ELEMENT", { input, index, got: `${elements[index]}`, expected });
  }
  const narrowed = new array!(elements.length) as Int8Array;
  narrowed.set(elements);
  return narrowed;
}
