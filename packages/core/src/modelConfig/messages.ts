/**
 * `ModelConfig` of Triton and the messages in it, under their own names and numbers, and which of
 * their fields change nothing where ONNX models are computed on CPUs.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`.
 */
import { NO_GPU } from "./messages/reasons.ts";
import {
  AGENTS,
  INSTANCE_GROUP,
  METRICS,
  OPTIMIZATION,
  VERSION_POLICY,
} from "./messages/running.ts";
import {
  DYNAMIC_BATCHING,
  ENSEMBLE,
  SEQUENCE_BATCHING,
  WARMUP,
  type QUEUE_POLICY,
} from "./messages/scheduling.ts";
import { BATCH_INPUT, BATCH_OUTPUT, INPUT, OUTPUT } from "./messages/tensors.ts";
import { BOOL, INT32, list, map, message, noEffect, one, STRING, type ValueOf } from "./table.ts";

/** `ModelConfig`: a model, as its `config.pbtxt` describes it. */
export const MODEL_CONFIG = message(
  {
    name: one(1, STRING),
    platform: one(2, STRING),
    version_policy: one(3, VERSION_POLICY),
    max_batch_size: one(4, INT32),
    input: list(5, INPUT),
    output: list(6, OUTPUT),
    instance_group: list(7, INSTANCE_GROUP),
    default_model_filename: one(8, STRING),
    cc_model_filenames: noEffect(map(9, STRING), NO_GPU),
    metric_tags: noEffect(map(10, STRING), "metrics have no labels of models' own"),
    dynamic_batching: one(11, DYNAMIC_BATCHING),
    optimization: one(12, OPTIMIZATION),
    sequence_batching: one(13, SEQUENCE_BATCHING),
    parameters: map(14, message({ string_value: one(1, STRING) })),
    ensemble_scheduling: one(15, ENSEMBLE),
    model_warmup: list(16, WARMUP),
    backend: one(17, STRING),
    model_operations: noEffect(
      one(18, message({ op_library_filename: list(1, STRING) })),
      "libraries of operators are not loaded",
    ),
    model_transaction_policy: noEffect(
      one(19, message({ decoupled: one(1, BOOL) })),
      "a graph gives one answer a request",
    ),
    batch_input: noEffect(list(20, BATCH_INPUT), "requests of other shapes run apart"),
    batch_output: noEffect(list(21, BATCH_OUTPUT), "requests of other shapes run apart"),
    model_repository_agents: noEffect(one(23, AGENTS), "the server runs no agents"),
    response_cache: one(24, message({ enable: one(1, BOOL) })),
    runtime: noEffect(one(25, STRING), "the server has one runtime"),
    model_metrics: noEffect(one(26, METRICS), "histograms have the same buckets for all models"),
  },
  [["dynamic_batching", "sequence_batching", "ensemble_scheduling"]],
);

/** A `ModelConfig`, as it is written. */
export type TritonConfig = ValueOf<typeof MODEL_CONFIG>;
/** A `ModelInput`. */
export type TritonInput = NonNullable<TritonConfig["input"]>[number];
/** A `ModelOutput`. */
export type TritonOutput = NonNullable<TritonConfig["output"]>[number];
/** A `ModelQueuePolicy`. */
export type TritonQueuePolicy = ValueOf<typeof QUEUE_POLICY>;
