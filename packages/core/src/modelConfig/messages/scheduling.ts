/** Messages about how requests become runs. */
import {
  BOOL,
  enumeration,
  FLOAT,
  INT32,
  INT64,
  list,
  map,
  message,
  noEffect,
  numbered,
  one,
  STRING,
  UINT32,
  UINT64,
} from "../table.ts";
import { NO_GPU } from "./reasons.ts";
import { DATA_TYPE } from "./tensors.ts";

/** `ModelQueuePolicy`: what may wait, and for how long. */
export const QUEUE_POLICY = message({
  timeout_action: one(1, enumeration({ REJECT: 0, DELAY: 1 })),
  default_timeout_microseconds: one(2, UINT64),
  allow_timeout_override: one(3, BOOL),
  max_queue_size: one(4, UINT32),
});

/** `ModelDynamicBatching`: requests share runs. */
export const DYNAMIC_BATCHING = message({
  preferred_batch_size: list(1, INT32),
  max_queue_delay_microseconds: one(2, UINT64),
  preserve_ordering: one(3, BOOL),
  priority_levels: one(4, UINT64),
  default_priority_level: one(5, UINT64),
  default_queue_policy: one(6, QUEUE_POLICY),
  priority_queue_policy: numbered(7, QUEUE_POLICY),
});

const CONTROL_INPUT = message({
  name: one(1, STRING),
  control: list(
    2,
    message({
      kind: one(
        1,
        enumeration({
          CONTROL_SEQUENCE_START: 0,
          CONTROL_SEQUENCE_READY: 1,
          CONTROL_SEQUENCE_END: 2,
          CONTROL_SEQUENCE_CORRID: 3,
        }),
      ),
      int32_false_true: list(2, INT32),
      fp32_false_true: list(3, FLOAT),
      data_type: one(4, DATA_TYPE),
      bool_false_true: list(5, BOOL),
    }),
  ),
});

const STATE = message({
  input_name: one(1, STRING),
  output_name: one(2, STRING),
  data_type: one(3, DATA_TYPE),
  dims: list(4, INT64),
  initial_state: list(
    5,
    message(
      {
        data_type: one(1, DATA_TYPE),
        dims: list(2, INT64),
        zero_data: one(3, BOOL),
        data_file: one(4, STRING),
        name: one(5, STRING),
      },
      [["zero_data", "data_file"]],
    ),
  ),
  use_same_buffer_for_input_output: noEffect(one(6, BOOL), "states are copied into each run"),
  use_growable_memory: noEffect(one(7, BOOL), NO_GPU),
});

/** `ModelSequenceBatching`: requests of one sequence find its state. */
export const SEQUENCE_BATCHING = message(
  {
    max_sequence_idle_microseconds: one(1, UINT64),
    control_input: list(2, CONTROL_INPUT),
    direct: one(
      3,
      message({
        max_queue_delay_microseconds: noEffect(one(1, UINT64), "the steps of sequences never wait"),
        minimum_slot_utilization: noEffect(one(2, FLOAT), "the steps of sequences never wait"),
      }),
    ),
    oldest: one(
      4,
      message({
        max_candidate_sequences: one(1, INT32),
        preferred_batch_size: noEffect(list(2, INT32), "the steps of sequences never wait"),
        max_queue_delay_microseconds: noEffect(one(3, UINT64), "the steps of sequences never wait"),
        preserve_ordering: noEffect(one(4, BOOL), "the steps of a sequence keep their order"),
      }),
    ),
    state: list(5, STATE),
    iterative_sequence: noEffect(one(6, BOOL), "a graph is run once a request"),
  },
  [["direct", "oldest"]],
);

/** `ModelEnsembling`: a graph of models, run as one. */
export const ENSEMBLE = message({
  step: list(
    1,
    message({
      model_name: one(1, STRING),
      model_version: one(2, INT64),
      input_map: map(3, STRING),
      output_map: map(4, STRING),
      model_namespace: noEffect(one(5, STRING), "all models are in one name space"),
    }),
  ),
  max_inflight_requests: noEffect(one(2, UINT32), "the queues of the steps' models are the limits"),
});

/** `ModelWarmup`: a request that is run before the model is ready. */
export const WARMUP = message({
  name: one(1, STRING),
  batch_size: one(2, UINT32),
  inputs: map(
    3,
    message(
      {
        data_type: one(1, DATA_TYPE),
        dims: list(2, INT64),
        zero_data: one(3, BOOL),
        random_data: one(4, BOOL),
        input_data_file: one(5, STRING),
      },
      [["zero_data", "random_data", "input_data_file"]],
    ),
  ),
  count: one(4, UINT32),
});
