/**
 * Messages of `grpc_service.proto` besides those of inference, by the names that their fields have
 * there. Where the HTTP API answers the same in JSON, its answer is the message.
 */
import {
  blob,
  bool,
  defineMessage,
  int,
  int64,
  map,
  message,
  messages,
  packedInts,
  required,
  string,
  strings,
  uint32,
  type Message,
  type MessageType,
  type RequiredField,
} from "@longshore/core/proto";
import { MODEL_CONFIG, type ModelConfig } from "./modelConfig.ts";

const text = (id: number): RequiredField<string> => required(string(id), () => "");
const flag = (id: number): RequiredField<boolean> => required(bool(id), () => false);

/** Of requests and answers that say nothing. */
export const EMPTY: MessageType<Message> = defineMessage<Message>({});

export const LIVE: MessageType<{ live: boolean } & Message> = defineMessage<
  { live: boolean } & Message
>({ live: flag(1) });

export const READY: MessageType<{ ready: boolean } & Message> = defineMessage<
  { ready: boolean } & Message
>({ ready: flag(1) });

/** Names a model, and a version of it where there are several. */
export interface ModelQuery extends Message {
  name: string;
  /** Empty: the one that the server chooses. */
  version: string;
}

export const MODEL_QUERY: MessageType<ModelQuery> = defineMessage<ModelQuery>({
  name: text(1),
  version: text(2),
});

export interface ServerMetadata extends Message {
  name: string;
  version: string;
  extensions?: string[];
}

export const SERVER_METADATA: MessageType<ServerMetadata> = defineMessage<ServerMetadata>({
  name: text(1),
  version: text(2),
  extensions: strings(3),
});

interface TensorMetadata extends Message {
  name: string;
  datatype: string;
  shape: number[];
}

export interface ModelMetadata extends Message {
  name: string;
  versions?: string[];
  platform: string;
  inputs?: TensorMetadata[];
  outputs?: TensorMetadata[];
}

const TENSOR_METADATA = defineMessage<TensorMetadata>({
  name: text(1),
  datatype: text(2),
  shape: required(packedInts(3), () => []),
});

export const MODEL_METADATA: MessageType<ModelMetadata> = defineMessage<ModelMetadata>({
  name: text(1),
  versions: strings(2),
  platform: text(3),
  inputs: messages(4, () => TENSOR_METADATA),
  outputs: messages(5, () => TENSOR_METADATA),
});

export interface ModelConfigResponse extends Message {
  config?: ModelConfig;
}

export const MODEL_CONFIG_RESPONSE: MessageType<ModelConfigResponse> =
  defineMessage<ModelConfigResponse>({ config: message(1, () => MODEL_CONFIG) });

interface StatisticDuration extends Message {
  count?: number;
  ns?: number;
}

type StatisticName =
  | "success"
  | "fail"
  | "queue"
  | "compute_input"
  | "compute_infer"
  | "compute_output"
  | "cache_hit"
  | "cache_miss";

type InferStatistics = Message & { [Name in StatisticName]?: StatisticDuration };

interface InferBatchStatistics extends Message {
  batch_size?: number;
  compute_input?: StatisticDuration;
  compute_infer?: StatisticDuration;
  compute_output?: StatisticDuration;
}

export interface ModelStatistics extends Message {
  name?: string;
  version?: string;
  last_inference?: number;
  inference_count?: number;
  execution_count?: number;
  inference_stats?: InferStatistics;
  batch_stats?: InferBatchStatistics[];
}

export interface ModelStatisticsResponse extends Message {
  model_stats?: ModelStatistics[];
}

const STATISTIC_DURATION = defineMessage<StatisticDuration>({ count: int(1), ns: int(2) });
const duration = (id: number) => message(id, () => STATISTIC_DURATION);

const INFER_STATISTICS = defineMessage<InferStatistics>({
  success: duration(1),
  fail: duration(2),
  queue: duration(3),
  compute_input: duration(4),
  compute_infer: duration(5),
  compute_output: duration(6),
  cache_hit: duration(7),
  cache_miss: duration(8),
});

const INFER_BATCH_STATISTICS = defineMessage<InferBatchStatistics>({
  batch_size: int(1),
  compute_input: duration(2),
  compute_infer: duration(3),
  compute_output: duration(4),
});

const MODEL_STATISTICS = defineMessage<ModelStatistics>({
  name: string(1),
  version: string(2),
  last_inference: int(3),
  inference_count: int(4),
  execution_count: int(5),
  inference_stats: message(6, () => INFER_STATISTICS),
  batch_stats: messages(7, () => INFER_BATCH_STATISTICS),
});

export const MODEL_STATISTICS_RESPONSE: MessageType<ModelStatisticsResponse> =
  defineMessage<ModelStatisticsResponse>({ model_stats: messages(1, () => MODEL_STATISTICS) });

export interface RepositoryIndexRequest extends Message {
  repository_name: string;
  /** Only models that answer. */
  ready: boolean;
}

export const REPOSITORY_INDEX_REQUEST: MessageType<RepositoryIndexRequest> =
  defineMessage<RepositoryIndexRequest>({ repository_name: text(1), ready: flag(2) });

interface ModelIndex extends Message {
  name: string;
  version: string;
  state: string;
  reason: string;
}

export interface RepositoryIndexResponse extends Message {
  models?: ModelIndex[];
}

const MODEL_INDEX = defineMessage<ModelIndex>({
  name: text(1),
  version: text(2),
  state: text(3),
  reason: text(4),
});

export const REPOSITORY_INDEX_RESPONSE: MessageType<RepositoryIndexResponse> =
  defineMessage<RepositoryIndexResponse>({ models: messages(1, () => MODEL_INDEX) });

/** One value of one of several types. */
export interface ModelRepositoryParameter extends Message {
  bool_param?: boolean;
  int64_param?: bigint;
  string_param?: string;
  /** A view of the message. */
  bytes_param?: Uint8Array;
}

/** Of a load or an unload. */
export interface RepositoryModelRequest extends Message {
  repository_name: string;
  model_name: string;
  parameters?: Record<string, ModelRepositoryParameter>;
}

const MODEL_REPOSITORY_PARAMETER: MessageType<ModelRepositoryParameter> =
  defineMessage<ModelRepositoryParameter>(
    { bool_param: bool(1), int64_param: int64(2), string_param: string(3), bytes_param: blob(4) },
    ["bool_param", "int64_param", "string_param", "bytes_param"],
  );

export const REPOSITORY_MODEL_REQUEST: MessageType<RepositoryModelRequest> =
  defineMessage<RepositoryModelRequest>({
    repository_name: text(1),
    model_name: text(2),
    parameters: map(
      3,
      required(
        message(2, () => MODEL_REPOSITORY_PARAMETER),
        () => ({}),
      ),
    ),
  });

interface TraceValue extends Message {
  /** None: back to the default. */
  value?: string[];
}

export interface TraceSettings extends Message {
  settings?: Record<string, TraceValue>;
  /** Of requests only; empty for the settings of all models. */
  model_name?: string;
}

const TRACE_VALUE = defineMessage<TraceValue>({ value: strings(1) });

export const TRACE_SETTINGS: MessageType<TraceSettings> = defineMessage<TraceSettings>({
  settings: map(
    1,
    required(
      message(2, () => TRACE_VALUE),
      () => ({}),
    ),
  ),
  model_name: string(2),
});

export interface LogValue extends Message {
  bool_param?: boolean;
  uint32_param?: number;
  string_param?: string;
}

export interface LogSettings extends Message {
  settings?: Record<string, LogValue>;
}

const LOG_VALUE = defineMessage<LogValue>(
  { bool_param: bool(1), uint32_param: uint32(2), string_param: string(3) },
  ["bool_param", "uint32_param", "string_param"],
);

export const LOG_SETTINGS: MessageType<LogSettings> = defineMessage<LogSettings>({
  settings: map(
    1,
    required(
      message(2, () => LOG_VALUE),
      () => ({}),
    ),
  ),
});
