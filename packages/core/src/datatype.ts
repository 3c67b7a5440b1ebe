/**
 * Element types of tensors, under their Open Inference Protocol names, with everything else that
 * depends only on the type: width in bytes, the typed array that holds it, its ONNX code.
 *
 * Sources: KServe v2 "Tensor Data Types"; ONNX `TensorProto.DataType`.
 */

export type Datatype =
  | "BOOL"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FP16"
  | "BF16"
  | "FP32"
  | "FP64"
  | "BYTES";

/** The typed arrays that tensors of fixed-width elements are held in. */
export type TypedArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export interface TypedArrayConstructor {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

export interface DatatypeInfo {
  /** Bytes of one element; 0 for BYTES, whose elements differ in length. */
  readonly size: number;
  /** Holder of the elements; FP16 and BF16 are kept as their bit patterns. BYTES has none. */
  readonly array: TypedArrayConstructor | undefined;
  /** `TensorProto.DataType` of ONNX. */
  readonly onnx: number;
  /** What kind of JSON value an element is. */
  readonly kind: "bool" | "integer" | "bigint" | "float" | "string";
  /** Inclusive range of the integer types. */
  readonly min?: number | bigint;
  readonly max?: number | bigint;
}

export const DATATYPES: Readonly<Record<Datatype, DatatypeInfo>> = {
  BOOL: { size: 1, array: Uint8Array, onnx: 9, kind: "bool" },
  UINT8: { size: 1, array: Uint8Array, onnx: 2, kind: "integer", min: 0, max: 255 },
  UINT16: { size: 2, array: Uint16Array, onnx: 4, kind: "integer", min: 0, max: 65_535 },
  UINT32: { size: 4, array: Uint32Array, onnx: 12, kind: "integer", min: 0, max: 4_294_967_295 },
  UINT64: {
    size: 8,
    array: BigUint64Array,
    onnx: 13,
    kind: "bigint",
    min: 0n,
    max: 2n ** 64n - 1n,
  },
  INT8: { size: 1, array: Int8Array, onnx: 3, kind: "integer", min: -128, max: 127 },
  INT16: { size: 2, array: Int16Array, onnx: 5, kind: "integer", min: -32_768, max: 32_767 },
  INT32: {
    size: 4,
    array: Int32Array,
    onnx: 6,
    kind: "integer",
    min: -2_147_483_648,
    max: 2_147_483_647,
  },
  INT64: {
    size: 8,
    array: BigInt64Array,
    onnx: 7,
    kind: "bigint",
    min: -(2n ** 63n),
    max: 2n ** 63n - 1n,
  },
  FP16: { size: 2, array: Uint16Array, onnx: 10, kind: "float" },
  BF16: { size: 2, array: Uint16Array, onnx: 16, kind: "float" },
  FP32: { size: 4, array: Float32Array, onnx: 1, kind: "float" },
  FP64: { size: 8, array: Float64Array, onnx: 11, kind: "float" },
  BYTES: { size: 0, array: undefined, onnx: 8, kind: "string" },
};

/** Whether a string names a data type (own keys only: `"constructor"` does not). */
export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(DATATYPES, name);
}

/** The data type of an ONNX element-type code, or undefined for one that no protocol can carry. */
export function fromOnnxType(code: number): Datatype | undefined {
  return BY_ONNX_CODE.get(code);
}

const BY_ONNX_CODE = new Map<number, Datatype>(
  (Object.keys(DATATYPES) as Datatype[]).map((name) => [DATATYPES[name].onnx, name]),
);
