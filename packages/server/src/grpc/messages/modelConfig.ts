/** `model_config.proto`, from the table that its text and its JSON are read with. */
import { MODEL_CONFIG as TABLE, toCodec, type TritonConfig } from "@longshore/core/modelConfig";
import type { Message, MessageType } from "@longshore/core/proto";

export type ModelConfig = TritonConfig & Message;

export const MODEL_CONFIG: MessageType<ModelConfig> = toCodec(TABLE);
