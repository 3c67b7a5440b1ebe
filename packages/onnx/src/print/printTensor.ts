import { elementCount, fromBfloat16, fromFloat16, type TypedArray } from "@longshore/core";
import { elementType } from "../elementType.ts";
import { elementsOf } from "../graph/tensorData.ts";
import type { SparseTensorProto, TensorProto } from "../proto/types.ts";
import { list, name, quoted } from "./text.ts";

/** How many elements of a tensor are shown. */
const SHOWN = 8;

/** `FP32[64,3,7,7]`. */
export function printTensorType(elemType: number, dims: readonly (number | string)[]): string {
  return `${elementType(elemType)?.name ?? `type ${elemType}`}[${dims.join(",")}]`;
}

/** `FP32[3] = 1 2.5 -3`; long ones are cut. */
export function printTensor(tensor: TensorProto): string {
  return `${printTensorType(tensor.dataType, tensor.dims)} = ${printElements(tensor)}`;
}

/** A tensor most of whose elements are zero. */
export function printSparse({ dims, values }: SparseTensorProto): string {
  const count = elementCount(values?.dims ?? []);
  return `sparse ${printTensorType(values?.dataType ?? 0, dims)} with ${count} elements`;
}

function printElements(tensor: TensorProto): string {
  if (tensor.dataLocation === 1) {
    const entries = new Map(tensor.externalData?.map(({ key, value }) => [key, value]));
    return `in the file ${quoted(entries.get("location") ?? "")} from byte ${name(entries.get("offset") ?? "0")} on`;
  }
  const total = elementCount(tensor.dims);
  if (tensor.stringData?.length) {
    const texts = tensor.stringData.slice(0, SHOWN).map((text) => new TextDecoder().decode(text));
    return list(texts.map(quoted), tensor.stringData.length);
  }
  const datatype = elementType(tensor.dataType)?.datatype;
  if (datatype === undefined || datatype === "BYTES" || !(total >= 0)) return "…";
  const first = firstElements(tensor);
  const shown = Array.from<number | bigint, string>(first, (element) => {
    const value = Number(element);
    if (datatype === "FP16") return printNumber(fromFloat16(value));
    if (datatype === "BF16") return printNumber(fromBfloat16(value));
    return typeof element === "bigint" ? element.toString() : printNumber(value);
  });
  return list(shown, total);
}

/** What is wrong with a tensor's data is for `checkModel` to say. */
function firstElements(tensor: TensorProto): TypedArray {
  try {
    return elementsOf(tensor).subarray(0, SHOWN);
  } catch {
    return new Float32Array();
  }
}

/** At most six digits, as they are read: 0.1 of single precision is not 0.10000000149. */
export function printNumber(value: number): string {
  return Number.isInteger(value) ? value.toString() : String(Number(value.toPrecision(6)));
}
