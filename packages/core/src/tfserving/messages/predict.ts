/**
 * Messages that name a model, and those of `Predict`.
 *
 * Sources: tensorflow/serving `apis/model.proto`, `apis/predict.proto`.
 */
import {
  defineMessage,
  int64,
  map,
  message,
  required,
  string,
  strings,
  type Field,
  type Message,
  type MessageType,
} from "../../proto/index.ts";
import { TENSOR, type TensorProto } from "./tensor.ts";

interface Int64Value extends Message {
  value: bigint;
}

/** Which version of which model is meant. */
export interface ModelSpec extends Message {
  name: string;
  version?: Int64Value;
  version_label?: string;
  signature_name?: string;
}

export interface PredictRequest extends Message {
  model_spec?: ModelSpec;
  inputs?: Record<string, TensorProto>;
  /** Names of outputs; none for all of them. */
  output_filter?: string[];
}

export interface PredictResponse extends Message {
  outputs?: Record<string, TensorProto>;
  model_spec?: ModelSpec;
}

const INT64_VALUE: MessageType<Int64Value> = defineMessage<Int64Value>({
  value: required(int64(1), () => 0n),
});

export const MODEL_SPEC: MessageType<ModelSpec> = defineMessage<ModelSpec>(
  {
    name: required(string(1), () => ""),
    version: message(2, () => INT64_VALUE),
    version_label: string(4),
    signature_name: string(3),
  },
  ["version", "version_label"],
);

const tensors = (id: number): Field<Record<string, TensorProto>> =>
  map(
    id,
    required(
      message(2, () => TENSOR),
      () => TENSOR.create(),
    ),
  );

export const PREDICT_REQUEST: MessageType<PredictRequest> = defineMessage<PredictRequest>({
  model_spec: message(1, () => MODEL_SPEC),
  inputs: tensors(2),
  output_filter: strings(3),
});

export const PREDICT_RESPONSE: MessageType<PredictResponse> = defineMessage<PredictResponse>({
  outputs: tensors(1),
  model_spec: message(2, () => MODEL_SPEC),
});
