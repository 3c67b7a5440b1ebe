import {
  elementCount,
  fromBfloat16,
  fromFloat16,
  toTypedArray,
  type Datatype,
  type TypedArray,
} from "@longshore/core";
import { elementType } from "../elementType.ts";
import type { TensorProto } from "../proto/types.ts";

/**
 * A constant's elements in the typed array of their data type (FP16 and BF16 as bit patterns), from
 * whichever field they are stored in. Copies only where they are not aligned or stored wider.
 *
 * @throws TypeError for data in another file (see `loadExternalData`), strings, and types that no
 *   protocol carries.
 */
export function elementsOf(tensor: TensorProto): TypedArray {
  const name = tensor.name ?? "";
  if (tensor.dataLocation === 1) throw new TypeError(`tensor "${name}": its data are not loaded`);
  const datatype = elementType(tensor.dataType)?.datatype;
  if (datatype === undefined || datatype === "BYTES")
    throw new TypeError(`tensor "${name}": element type ${tensor.dataType} has no typed array`);
  if (tensor.rawData !== undefined && tensor.rawData.byteLength > 0)
    return toTypedArray(datatype, tensor.rawData);
  return fromField(tensor, datatype);
}

/**
 * A floating-point constant's elements as single precision (FP64 rounded).
 *
 * @throws TypeError for other element types, and as {@link elementsOf}.
 */
export function floatsOf(tensor: TensorProto): Float32Array {
  const elements = elementsOf(tensor);
  if (elements instanceof Float32Array) return elements;
  if (elements instanceof Float64Array) return Float32Array.from(elements);
  const datatype = elementType(tensor.dataType)?.datatype;
  if (datatype === "FP16") return Float32Array.from(elements as Uint16Array, fromFloat16);
  if (datatype === "BF16") return Float32Array.from(elements as Uint16Array, fromBfloat16);
  throw new TypeError(`tensor "${tensor.name ?? ""}": ${datatype} is not a floating-point type`);
}

/**
 * An integer constant's elements as numbers: shapes, axes, indices.
 *
 * @throws TypeError for other element types, and as {@link elementsOf}.
 */
export function integersOf(tensor: TensorProto): number[] {
  const elements = elementsOf(tensor);
  if (elements instanceof Float32Array || elements instanceof Float64Array)
    throw new TypeError(`tensor "${tensor.name ?? ""}": its elements are not whole numbers`);
  return Array.from<number | bigint, number>(elements, Number);
}

/** Elements that are not raw data: each type has the field that onnx.proto says. */
function fromField(tensor: TensorProto, datatype: Datatype): TypedArray {
  const stored = {
    FP32: tensor.floatData,
    FP64: tensor.doubleData,
    INT64: tensor.int64Data,
    UINT64: tensor.uint64Data,
    UINT32: tensor.uint64Data,
    BYTES: undefined,
    BOOL: tensor.int32Data,
    UINT8: tensor.int32Data,
    UINT16: tensor.int32Data,
    INT8: tensor.int32Data,
    INT16: tensor.int32Data,
    INT32: tensor.int32Data,
    FP16: tensor.int32Data,
    BF16: tensor.int32Data,
  }[datatype];
  const elements = toTypedArray(datatype, new Uint8Array(0));
  if (stored === undefined || stored.constructor === elements.constructor)
    return stored ?? elements;
  const Holder = elements.constructor as new (values: Iterable<number>) => TypedArray;
  return new Holder(Array.from<number | bigint, number>(stored, Number));
}

/** Whether a tensor has exactly one element. */
export function isSingle(tensor: TensorProto): boolean {
  return elementCount(tensor.dims) === 1;
}
