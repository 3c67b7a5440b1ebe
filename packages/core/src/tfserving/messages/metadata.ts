/**
 * Messages of `GetModelMetadata`.
 *
 * Sources: tensorflow `core/protobuf/meta_graph.proto`; tensorflow/serving
 * `apis/get_model_metadata.proto`; protobuf `any.proto`.
 */
import {
  blob,
  defineMessage,
  int32,
  map,
  message,
  required,
  string,
  strings,
  type Field,
  type Message,
  type MessageType,
} from "../../proto/index.ts";
import { MODEL_SPEC, type ModelSpec } from "./predict.ts";
import { TENSOR_SHAPE, type TensorShapeProto } from "./tensor.ts";

/** What is said of an input or output. */
export interface TensorInfo extends Message {
  name?: string;
  /** Number of a `DataType`. */
  dtype: number;
  tensor_shape: TensorShapeProto;
}

export interface SignatureDef extends Message {
  inputs: Record<string, TensorInfo>;
  outputs: Record<string, TensorInfo>;
  method_name: string;
}

export interface SignatureDefMap extends Message {
  signature_def: Record<string, SignatureDef>;
}

/** A message of any type. */
export interface AnyMessage extends Message {
  type_url?: string;
  value?: Uint8Array;
}

export interface GetModelMetadataRequest extends Message {
  model_spec?: ModelSpec;
  metadata_field?: string[];
}

export interface GetModelMetadataResponse extends Message {
  model_spec?: ModelSpec;
  metadata?: Record<string, AnyMessage>;
}

/** A map of messages. */
const mapOf = <M>(id: number, type: () => MessageType<M>): Field<Record<string, M>> =>
  map(
    id,
    required(message(2, type), () => type().create()),
  );

const TENSOR_INFO: MessageType<TensorInfo> = defineMessage<TensorInfo>({
  name: string(1),
  dtype: required(int32(2), () => 0),
  tensor_shape: required(
    message(3, () => TENSOR_SHAPE),
    () => TENSOR_SHAPE.create(),
  ),
});

const SIGNATURE_DEF: MessageType<SignatureDef> = defineMessage<SignatureDef>({
  inputs: required(
    mapOf(1, () => TENSOR_INFO),
    () => ({}),
  ),
  outputs: required(
    mapOf(2, () => TENSOR_INFO),
    () => ({}),
  ),
  method_name: required(string(3), () => ""),
});

export const SIGNATURE_DEF_MAP: MessageType<SignatureDefMap> = defineMessage<SignatureDefMap>({
  signature_def: required(
    mapOf(1, () => SIGNATURE_DEF),
    () => ({}),
  ),
});

export const ANY: MessageType<AnyMessage> = defineMessage<AnyMessage>({
  type_url: string(1),
  value: blob(2),
});

export const GET_MODEL_METADATA_REQUEST: MessageType<GetModelMetadataRequest> =
  defineMessage<GetModelMetadataRequest>({
    model_spec: message(1, () => MODEL_SPEC),
    metadata_field: strings(2),
  });

export const GET_MODEL_METADATA_RESPONSE: MessageType<GetModelMetadataResponse> =
  defineMessage<GetModelMetadataResponse>({
    model_spec: message(1, () => MODEL_SPEC),
    metadata: mapOf(2, () => ANY),
  });
