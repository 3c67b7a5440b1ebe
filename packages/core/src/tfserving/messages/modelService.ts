/**
 * Messages of `ModelService`: the state of models, and the list of what is to be served.
 *
 * Sources: tensorflow/serving `apis/get_model_status.proto`, `apis/model_management.proto`,
 * `config/model_server_config.proto`, `config/file_system_storage_path_source.proto`.
 */
import {
  choice,
  defineMessage,
  int,
  int32,
  int64,
  map,
  message,
  messages,
  packedInts,
  required,
  string,
  uint32,
  type Message,
  type MessageType,
} from "../../proto/index.ts";
import type { VersionState } from "../status.ts";
import { ANY, type AnyMessage } from "./metadata.ts";
import { MODEL_SPEC, type ModelSpec } from "./predict.ts";

export interface GetModelStatusRequest extends Message {
  model_spec?: ModelSpec;
}

/** How something went. */
export interface StatusMessage extends Message {
  /** A status code of gRPC. */
  error_code: number;
  error_message: string;
}

export interface VersionStatusMessage extends Message {
  version: bigint;
  state: VersionState | "UNKNOWN";
  status?: StatusMessage;
}

export interface GetModelStatusResponse extends Message {
  model_version_status: VersionStatusMessage[];
}

interface Latest extends Message {
  num_versions?: number;
}

interface Specific extends Message {
  versions?: number[];
}

interface VersionPolicy extends Message {
  latest?: Latest;
  all?: Message;
  specific?: Specific;
}

/** A model as a list names it. */
export interface ModelConfigMessage extends Message {
  name: string;
  base_path: string;
  model_type?: number;
  model_platform?: string;
  model_version_policy?: VersionPolicy;
  version_labels?: Record<string, number>;
}

interface ModelConfigList extends Message {
  config: ModelConfigMessage[];
}

export interface ModelServerConfig extends Message {
  model_config_list?: ModelConfigList;
  custom_model_config?: AnyMessage;
}

export interface ReloadConfigRequest extends Message {
  config?: ModelServerConfig;
}

export interface ReloadConfigResponse extends Message {
  status?: StatusMessage;
}

const STATES: Readonly<Record<VersionState | "UNKNOWN", number>> = {
  UNKNOWN: 0,
  START: 10,
  LOADING: 20,
  AVAILABLE: 30,
  UNLOADING: 40,
  END: 50,
};

export const GET_MODEL_STATUS_REQUEST: MessageType<GetModelStatusRequest> =
  defineMessage<GetModelStatusRequest>({ model_spec: message(1, () => MODEL_SPEC) });

const STATUS: MessageType<StatusMessage> = defineMessage<StatusMessage>({
  error_code: required(int32(1), () => 0),
  error_message: required(string(2), () => ""),
});

const VERSION_STATUS: MessageType<VersionStatusMessage> = defineMessage<VersionStatusMessage>({
  version: required(int64(1), () => 0n),
  state: required(choice(2, STATES), () => "UNKNOWN"),
  status: message(3, () => STATUS),
});

export const GET_MODEL_STATUS_RESPONSE: MessageType<GetModelStatusResponse> =
  defineMessage<GetModelStatusResponse>({
    model_version_status: required(
      messages(1, () => VERSION_STATUS),
      () => [],
    ),
  });

const LATEST = defineMessage<Latest>({ num_versions: uint32(1) });
const ALL = defineMessage<Message>({});
const SPECIFIC = defineMessage<Specific>({ versions: packedInts(1) });

const VERSION_POLICY: MessageType<VersionPolicy> = defineMessage<VersionPolicy>(
  {
    latest: message(100, () => LATEST),
    all: message(101, () => ALL),
    specific: message(102, () => SPECIFIC),
  },
  ["latest", "all", "specific"],
);

const MODEL_CONFIG: MessageType<ModelConfigMessage> = defineMessage<ModelConfigMessage>({
  name: required(string(1), () => ""),
  base_path: required(string(2), () => ""),
  model_type: int32(3),
  model_platform: string(4),
  model_version_policy: message(7, () => VERSION_POLICY),
  version_labels: map(
    8,
    required(int(2), () => 0),
  ),
});

const MODEL_CONFIG_LIST = defineMessage<ModelConfigList>({
  config: required(
    messages(1, () => MODEL_CONFIG),
    () => [],
  ),
});

const MODEL_SERVER_CONFIG: MessageType<ModelServerConfig> = defineMessage<ModelServerConfig>(
  {
    model_config_list: message(1, () => MODEL_CONFIG_LIST),
    custom_model_config: message(2, () => ANY),
  },
  ["model_config_list", "custom_model_config"],
);

export const RELOAD_CONFIG_REQUEST: MessageType<ReloadConfigRequest> =
  defineMessage<ReloadConfigRequest>({ config: message(1, () => MODEL_SERVER_CONFIG) });

export const RELOAD_CONFIG_RESPONSE: MessageType<ReloadConfigResponse> =
  defineMessage<ReloadConfigResponse>({ status: message(1, () => STATUS) });
