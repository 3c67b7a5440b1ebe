/**
 * Messages of inference in `grpc_service.proto`, by the names that their fields have there. What a
 * message leaves out is undefined, or where a field is required here the default of its type.
 */
import {
  blobs,
  bool,
  defineMessage,
  double,
  int64,
  map,
  message,
  messages,
  packedBools,
  packedDoubles,
  packedFloats,
  packedInt32s,
  packedInt64s,
  packedInts,
  packedUint32s,
  packedUint64s,
  required,
  string,
  uint64,
  type Message,
  type MessageType,
} from "../proto/index.ts";

/** One value of one of several types. */
export interface InferParameter extends Message {
  bool_param?: boolean;
  int64_param?: bigint;
  string_param?: string;
  double_param?: number;
  uint64_param?: bigint;
}

/** Elements in the order of rows, in the field that fits their data type. */
export interface InferTensorContents extends Message {
  bool_contents?: Uint8Array;
  /** INT8, INT16, INT32. */
  int_contents?: Int32Array;
  int64_contents?: BigInt64Array;
  /** UINT8, UINT16, UINT32. */
  uint_contents?: Uint32Array;
  uint64_contents?: BigUint64Array;
  fp32_contents?: Float32Array;
  fp64_contents?: Float64Array;
  bytes_contents?: Uint8Array[];
}

export interface InferInputTensor extends Message {
  name: string;
  datatype: string;
  shape: number[];
  parameters?: Record<string, InferParameter>;
  contents?: InferTensorContents;
}

export interface InferRequestedOutputTensor extends Message {
  name: string;
  parameters?: Record<string, InferParameter>;
}

export interface ModelInferRequest extends Message {
  model_name: string;
  /** Empty: the server chooses. */
  model_version: string;
  id: string;
  parameters?: Record<string, InferParameter>;
  inputs: InferInputTensor[];
  /** None: all of them. */
  outputs?: InferRequestedOutputTensor[];
  /** One entry an input, in their order: little-endian elements. Views of the message. */
  raw_input_contents?: Uint8Array[];
}

export interface InferOutputTensor extends Message {
  name: string;
  datatype: string;
  shape: number[];
}

export interface ModelInferResponse extends Message {
  model_name?: string;
  model_version?: string;
  id?: string;
  parameters?: Record<string, InferParameter>;
  outputs?: InferOutputTensor[];
  raw_output_contents?: Uint8Array[];
}

/** An error of one message of a stream, or its answer. */
export interface ModelStreamInferResponse extends Message {
  error_message?: string;
  infer_response?: ModelInferResponse;
}

const text = (id: number) => required(string(id), () => "");
const shape = (id: number) => required(packedInts(id), () => []);

const INFER_PARAMETER: MessageType<InferParameter> = defineMessage<InferParameter>(
  {
    bool_param: bool(1),
    int64_param: int64(2),
    string_param: string(3),
    double_param: double(4),
    uint64_param: uint64(5),
  },
  ["bool_param", "int64_param", "string_param", "double_param", "uint64_param"],
);

const parameters = (id: number) =>
  map(
    id,
    required(
      message(2, () => INFER_PARAMETER),
      () => INFER_PARAMETER.create(),
    ),
  );

const INFER_TENSOR_CONTENTS: MessageType<InferTensorContents> = defineMessage<InferTensorContents>({
  bool_contents: packedBools(1),
  int_contents: packedInt32s(2),
  int64_contents: packedInt64s(3),
  uint_contents: packedUint32s(4),
  uint64_contents: packedUint64s(5),
  fp32_contents: packedFloats(6),
  fp64_contents: packedDoubles(7),
  bytes_contents: blobs(8),
});

const INFER_INPUT_TENSOR: MessageType<InferInputTensor> = defineMessage<InferInputTensor>({
  name: text(1),
  datatype: text(2),
  shape: shape(3),
  parameters: parameters(4),
  contents: message(5, () => INFER_TENSOR_CONTENTS),
});

const INFER_REQUESTED_OUTPUT_TENSOR: MessageType<InferRequestedOutputTensor> =
  defineMessage<InferRequestedOutputTensor>({ name: text(1), parameters: parameters(2) });

export const MODEL_INFER_REQUEST: MessageType<ModelInferRequest> = defineMessage<ModelInferRequest>(
  {
    model_name: text(1),
    model_version: text(2),
    id: text(3),
    parameters: parameters(4),
    inputs: required(
      messages(5, () => INFER_INPUT_TENSOR),
      () => [],
    ),
    outputs: messages(6, () => INFER_REQUESTED_OUTPUT_TENSOR),
    raw_input_contents: blobs(7),
  },
);

const INFER_OUTPUT_TENSOR: MessageType<InferOutputTensor> = defineMessage<InferOutputTensor>({
  name: text(1),
  datatype: text(2),
  shape: shape(3),
});

export const MODEL_INFER_RESPONSE: MessageType<ModelInferResponse> =
  defineMessage<ModelInferResponse>({
    model_name: string(1),
    model_version: string(2),
    id: string(3),
    parameters: parameters(4),
    outputs: messages(5, () => INFER_OUTPUT_TENSOR),
    raw_output_contents: blobs(6),
  });

export const MODEL_STREAM_INFER_RESPONSE: MessageType<ModelStreamInferResponse> =
  defineMessage<ModelStreamInferResponse>({
    error_message: string(1),
    infer_response: message(2, () => MODEL_INFER_RESPONSE),
  });
