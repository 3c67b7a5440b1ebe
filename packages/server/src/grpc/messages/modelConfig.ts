/**
 * The part of `model_config.proto` that Longshore says of a model, by the names and values of its
 * JSON form.
 */
import {
  choice,
  defineMessage,
  int,
  map,
  message,
  messages,
  packedInts,
  required,
  string,
  type Message,
  type MessageType,
} from "@longshore/core/proto";

const DATA_TYPES = {
  TYPE_INVALID: 0,
  TYPE_BOOL: 1,
  TYPE_UINT8: 2,
  TYPE_UINT16: 3,
  TYPE_UINT32: 4,
  TYPE_UINT64: 5,
  TYPE_INT8: 6,
  TYPE_INT16: 7,
  TYPE_INT32: 8,
  TYPE_INT64: 9,
  TYPE_FP16: 10,
  TYPE_FP32: 11,
  TYPE_FP64: 12,
  TYPE_STRING: 13,
  TYPE_BF16: 14,
} as const;

const CONTROLS = {
  CONTROL_SEQUENCE_START: 0,
  CONTROL_SEQUENCE_READY: 1,
  CONTROL_SEQUENCE_END: 2,
  CONTROL_SEQUENCE_CORRID: 3,
} as const;

const KINDS = { KIND_AUTO: 0, KIND_GPU: 1, KIND_CPU: 2, KIND_MODEL: 3 } as const;

interface ConfigTensor extends Message {
  name?: string;
  data_type?: keyof typeof DATA_TYPES;
  dims?: number[];
}

interface Specific extends Message {
  versions?: number[];
}

interface VersionPolicy extends Message {
  specific?: Specific;
}

interface DynamicBatching extends Message {
  preferred_batch_size?: number[];
  max_queue_delay_microseconds?: number;
}

interface Control extends Message {
  kind?: keyof typeof CONTROLS;
}

interface ControlInput extends Message {
  name?: string;
  control?: Control[];
}

interface State extends Message {
  input_name?: string;
  output_name?: string;
}

interface Oldest extends Message {
  max_candidate_sequences?: number;
}

interface SequenceBatching extends Message {
  max_sequence_idle_microseconds?: number;
  control_input?: ControlInput[];
  oldest?: Oldest;
  state?: State[];
}

interface InstanceGroup extends Message {
  name?: string;
  kind?: keyof typeof KINDS;
  count?: number;
}

interface Parameter extends Message {
  string_value?: string;
}

export interface ModelConfig extends Message {
  name?: string;
  platform?: string;
  backend?: string;
  version_policy?: VersionPolicy;
  max_batch_size?: number;
  input?: ConfigTensor[];
  output?: ConfigTensor[];
  dynamic_batching?: DynamicBatching;
  sequence_batching?: SequenceBatching;
  instance_group?: InstanceGroup[];
  parameters?: Record<string, Parameter>;
}

const INPUT = defineMessage<ConfigTensor>({
  name: string(1),
  data_type: choice(2, DATA_TYPES),
  dims: packedInts(4),
});

const OUTPUT = defineMessage<ConfigTensor>({
  name: string(1),
  data_type: choice(2, DATA_TYPES),
  dims: packedInts(3),
});

const SPECIFIC = defineMessage<Specific>({ versions: packedInts(1) });
const VERSION_POLICY = defineMessage<VersionPolicy>({ specific: message(3, () => SPECIFIC) });

const DYNAMIC_BATCHING = defineMessage<DynamicBatching>({
  preferred_batch_size: packedInts(1),
  max_queue_delay_microseconds: int(2),
});

const CONTROL = defineMessage<Control>({ kind: choice(1, CONTROLS) });
const CONTROL_INPUT = defineMessage<ControlInput>({
  name: string(1),
  control: messages(2, () => CONTROL),
});
const STATE = defineMessage<State>({ input_name: string(1), output_name: string(2) });
const OLDEST = defineMessage<Oldest>({ max_candidate_sequences: int(1) });

const SEQUENCE_BATCHING = defineMessage<SequenceBatching>({
  max_sequence_idle_microseconds: int(1),
  control_input: messages(2, () => CONTROL_INPUT),
  oldest: message(4, () => OLDEST),
  state: messages(5, () => STATE),
});

const INSTANCE_GROUP = defineMessage<InstanceGroup>({
  name: string(1),
  count: int(2),
  kind: choice(4, KINDS),
});

const PARAMETER = defineMessage<Parameter>({ string_value: string(1) });

export const MODEL_CONFIG: MessageType<ModelConfig> = defineMessage<ModelConfig>({
  name: string(1),
  platform: string(2),
  version_policy: message(3, () => VERSION_POLICY),
  max_batch_size: int(4),
  input: messages(5, () => INPUT),
  output: messages(6, () => OUTPUT),
  instance_group: messages(7, () => INSTANCE_GROUP),
  dynamic_batching: message(11, () => DYNAMIC_BATCHING),
  sequence_batching: message(13, () => SEQUENCE_BATCHING),
  parameters: map(
    14,
    required(
      message(2, () => PARAMETER),
      () => ({}),
    ),
  ),
  backend: string(17),
});
