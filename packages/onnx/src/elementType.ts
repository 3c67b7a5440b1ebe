import { DATATYPES, fromOnnxType, type Datatype } from "@longshore/core";

/** What `TensorProto.DataType` says of the elements of a tensor. */
export interface ElementType {
  /** Open Inference Protocol name where there is one (`FP32`), else the proto's (`FLOAT8E5M2`). */
  readonly name: string;
  /** Width of an element; 0 for strings. Narrow elements share bytes, without gaps. */
  readonly bits: number;
  /** Present where tensors of this type can be exchanged with the outside. */
  readonly datatype?: Datatype;
}

/** Types that no inference protocol can carry, by their code in onnx.proto. */
const INTERNAL_TYPES: ReadonlyMap<number, ElementType> = new Map([
  [14, { name: "COMPLEX64", bits: 64 }],
  [15, { name: "COMPLEX128", bits: 128 }],
  [17, { name: "FLOAT8E4M3FN", bits: 8 }],
  [18, { name: "FLOAT8E4M3FNUZ", bits: 8 }],
  [19, { name: "FLOAT8E5M2", bits: 8 }],
  [20, { name: "FLOAT8E5M2FNUZ", bits: 8 }],
  [21, { name: "UINT4", bits: 4 }],
  [22, { name: "INT4", bits: 4 }],
  [23, { name: "FLOAT4E2M1", bits: 4 }],
  [24, { name: "FLOAT8E8M0", bits: 8 }],
  [25, { name: "UINT2", bits: 2 }],
  [26, { name: "INT2", bits: 2 }],
  [27, { name: "FLOAT6E2M3", bits: 6 }],
  [28, { name: "FLOAT6E3M2", bits: 6 }],
]);

/** Bytes of `count` elements as raw data. */
export function rawBytes(type: ElementType, count: number): number {
  return Math.ceil((count * type.bits) / 8);
}

/** The element type of a code, or undefined for a code that onnx.proto does not define. */
export function elementType(code: number): ElementType | undefined {
  const datatype = fromOnnxType(code);
  if (datatype === undefined) return INTERNAL_TYPES.get(code);
  return { name: datatype, bits: DATATYPES[datatype].size * 8, datatype };
}
