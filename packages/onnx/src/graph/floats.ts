import { elementCount, toBfloat16, toBytes, toFloat16 } from "@longshore/core";
import { elementsOf, floatsOf } from "./tensorData.ts";
import type { TensorProto } from "../proto/types.ts";

/** Floating-point elements in at least single precision. */
export type Floats = Float32Array | Float64Array;

const [FP32, FP16, FP64, BF16] = [1, 10, 11, 16];

/** Whether a tensor holds floating-point elements that can be calculated with here. */
export function isFloatTensor({ dataType, dataLocation }: TensorProto): boolean {
  return FLOAT_TYPES.has(dataType) && dataLocation !== 1;
}

const FLOAT_TYPES: ReadonlySet<number> = new Set([FP32, FP16, FP64, BF16]);

/** A constant's elements: FP64 as they are, others in single precision. */
export function readFloats(tensor: TensorProto): Floats {
  if (tensor.dataType !== FP64) return floatsOf(tensor);
  return elementsOf(tensor) as Float64Array;
}

/** A tensor of the given type with the elements, rounded to it. */
export function writeFloats(
  head: { readonly name: string; readonly dims: readonly number[]; readonly dataType: number },
  values: Floats,
): TensorProto {
  const { name, dims, dataType } = head;
  return { name, dims: [...dims], dataType, rawData: toBytes(roundTo(dataType, values)) };
}

function roundTo(dataType: number, values: Floats): ArrayBufferView {
  if (dataType === FP64) return Float64Array.from(values);
  if (dataType === FP16) return Uint16Array.from(values, toFloat16);
  if (dataType === BF16) return Uint16Array.from(values, toBfloat16);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** Room for results in which weights of a type are calculated: no wider than they need. */
export function floatsLike({ dataType, dims }: TensorProto): Floats {
  const count = elementCount(dims);
  return dataType === FP64 ? new Float64Array(count) : new Float32Array(count);
}
