/**
 * Examples as messages.
 *
 * Sources: tensorflow `core/example/feature.proto`, `example.proto`; tensorflow/serving
 * `apis/input.proto`.
 */
import {
  blobs,
  defineMessage,
  map,
  message,
  messages,
  packedFloats,
  packedInt64s,
  required,
  type Message,
  type MessageType,
} from "../../proto/index.ts";

interface List<Values> extends Message {
  value?: Values;
}

/** Values of one of three kinds. */
export interface FeatureMessage extends Message {
  bytes_list?: List<Uint8Array[]>;
  float_list?: List<Float32Array>;
  int64_list?: List<BigInt64Array>;
}

interface Features extends Message {
  feature?: Record<string, FeatureMessage>;
}

export interface ExampleMessage extends Message {
  features?: Features;
}

interface ExampleList extends Message {
  examples: ExampleMessage[];
}

interface ExampleListWithContext extends ExampleList {
  context?: ExampleMessage;
}

export interface InputMessage extends Message {
  example_list?: ExampleList;
  example_list_with_context?: ExampleListWithContext;
}

const BYTES_LIST = defineMessage<List<Uint8Array[]>>({ value: blobs(1) });
const FLOAT_LIST = defineMessage<List<Float32Array>>({ value: packedFloats(1) });
const INT64_LIST = defineMessage<List<BigInt64Array>>({ value: packedInt64s(1) });

const FEATURE: MessageType<FeatureMessage> = defineMessage<FeatureMessage>(
  {
    bytes_list: message(1, () => BYTES_LIST),
    float_list: message(2, () => FLOAT_LIST),
    int64_list: message(3, () => INT64_LIST),
  },
  ["bytes_list", "float_list", "int64_list"],
);

const FEATURES = defineMessage<Features>({
  feature: map(
    1,
    required(
      message(2, () => FEATURE),
      () => FEATURE.create(),
    ),
  ),
});

const EXAMPLE: MessageType<ExampleMessage> = defineMessage<ExampleMessage>({
  features: message(1, () => FEATURES),
});

const examples = required(
  messages(1, () => EXAMPLE),
  () => [],
);

const EXAMPLE_LIST = defineMessage<ExampleList>({ examples });

const EXAMPLE_LIST_WITH_CONTEXT = defineMessage<ExampleListWithContext>({
  examples,
  context: message(2, () => EXAMPLE),
});

export const INPUT: MessageType<InputMessage> = defineMessage<InputMessage>(
  {
    example_list: message(1, () => EXAMPLE_LIST),
    example_list_with_context: message(2, () => EXAMPLE_LIST_WITH_CONTEXT),
  },
  ["example_list", "example_list_with_context"],
);
