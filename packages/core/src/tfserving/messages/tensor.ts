/**
 * Tensors as messages, by the names that their fields have. What a message leaves out is undefined,
 * or where a field is required here the default of its type.
 *
 * Sources: tensorflow `core/framework/tensor.proto`, `tensor_shape.proto`.
 */
import {
  blob,
  blobs,
  bool,
  defineMessage,
  int,
  int32,
  message,
  messages,
  packedBools,
  packedDoubles,
  packedFloats,
  packedInt32s,
  packedInt64s,
  packedUint32s,
  packedUint64s,
  required,
  string,
  type Message,
  type MessageType,
} from "../../proto/index.ts";

export interface TensorDim extends Message {
  /** -1 for an axis of any length. */
  size: number;
  name?: string;
}

export interface TensorShapeProto extends Message {
  dim: TensorDim[];
  unknown_rank?: boolean;
}

export interface TensorProto extends Message {
  /** Number of a `DataType`, which may be none that there is. */
  dtype: number;
  tensor_shape?: TensorShapeProto;
  version_number?: number;
  /** Little-endian elements: a view of the message. */
  tensor_content?: Uint8Array;
  /** Bit patterns of FP16 and BF16. */
  half_val?: Int32Array;
  float_val?: Float32Array;
  double_val?: Float64Array;
  /** INT8, INT16, INT32, UINT8, UINT16. */
  int_val?: Int32Array;
  string_val?: Uint8Array[];
  int64_val?: BigInt64Array;
  bool_val?: Uint8Array;
  uint32_val?: Uint32Array;
  uint64_val?: BigUint64Array;
}

const TENSOR_DIM: MessageType<TensorDim> = defineMessage<TensorDim>({
  size: required(int(1), () => 0),
  name: string(2),
});

export const TENSOR_SHAPE: MessageType<TensorShapeProto> = defineMessage<TensorShapeProto>({
  dim: required(
    messages(2, () => TENSOR_DIM),
    () => [],
  ),
  unknown_rank: bool(3),
});

export const TENSOR: MessageType<TensorProto> = defineMessage<TensorProto>({
  dtype: required(int32(1), () => 0),
  tensor_shape: message(2, () => TENSOR_SHAPE),
  version_number: int32(3),
  tensor_content: blob(4),
  half_val: packedInt32s(13),
  float_val: packedFloats(5),
  double_val: packedDoubles(6),
  int_val: packedInt32s(7),
  string_val: blobs(8),
  int64_val: packedInt64s(10),
  bool_val: packedBools(11),
  uint32_val: packedUint32s(16),
  uint64_val: packedUint64s(17),
});
