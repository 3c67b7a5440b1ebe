/** Messages about what runs a model. */
import {
  BOOL,
  DOUBLE,
  enumeration,
  INT32,
  INT64,
  list,
  map,
  message,
  noEffect,
  one,
  STRING,
  UINT32,
} from "../table.ts";
import { NO_GPU } from "./reasons.ts";

/** `ModelVersionPolicy`: which versions are served. */
export const VERSION_POLICY = message(
  {
    latest: one(1, message({ num_versions: one(1, UINT32) })),
    all: one(2, message({})),
    specific: one(3, message({ versions: list(1, INT64) })),
  },
  [["latest", "all", "specific"]],
);

/** `ModelInstanceGroup`: instances on one kind of device. */
export const INSTANCE_GROUP = message({
  name: one(1, STRING),
  count: one(2, INT32),
  gpus: noEffect(list(3, INT32), NO_GPU),
  kind: one(4, enumeration({ KIND_AUTO: 0, KIND_GPU: 1, KIND_CPU: 2, KIND_MODEL: 3 })),
  profile: noEffect(list(5, STRING), NO_GPU),
  rate_limiter: noEffect(
    one(
      6,
      message({
        resources: list(
          1,
          message({ name: one(1, STRING), global: one(2, BOOL), count: one(3, UINT32) }),
        ),
        priority: one(2, UINT32),
      }),
    ),
    "instances share the cores by the time that they have had",
  ),
  passive: noEffect(one(7, BOOL), "every instance takes requests"),
  secondary_devices: noEffect(
    list(8, message({ kind: one(1, enumeration({ KIND_NVDLA: 0 })), device_id: one(2, INT64) })),
    NO_GPU,
  ),
  host_policy: noEffect(one(9, STRING), "the server knows no host policies"),
});

const SHAPES = map(2, message({ dim: list(1, INT64) }));

const CUDA = message({
  graphs: one(1, BOOL),
  busy_wait_events: one(2, BOOL),
  graph_spec: list(
    3,
    message({
      batch_size: one(1, INT32),
      input: SHAPES,
      graph_lower_bound: one(3, message({ batch_size: one(1, INT32), input: SHAPES })),
    }),
  ),
  output_copy_stream: one(4, BOOL),
});

const ACCELERATOR = message({ name: one(1, STRING), parameters: map(2, STRING) });

const PINNED_MEMORY = message({ enable: one(1, BOOL) });

/** `ModelOptimizationPolicy`: hints for the runtime. */
export const OPTIMIZATION = message({
  graph: one(1, message({ level: one(1, INT32) })),
  priority: noEffect(
    one(2, enumeration({ PRIORITY_DEFAULT: 0, PRIORITY_MAX: 1, PRIORITY_MIN: 2 })),
    "models share the cores by the time that they have had",
  ),
  cuda: noEffect(one(3, CUDA), NO_GPU),
  execution_accelerators: noEffect(
    one(
      4,
      message({
        gpu_execution_accelerator: list(1, ACCELERATOR),
        cpu_execution_accelerator: list(2, ACCELERATOR),
      }),
    ),
    "models run on ONNX Runtime's own CPU kernels",
  ),
  input_pinned_memory: noEffect(one(5, PINNED_MEMORY), NO_GPU),
  output_pinned_memory: noEffect(one(6, PINNED_MEMORY), NO_GPU),
  gather_kernel_buffer_threshold: noEffect(one(7, UINT32), NO_GPU),
  eager_batching: noEffect(one(8, BOOL), "a batch is laid out when a worker is free"),
});

/** `ModelRepositoryAgents`: what looks at a model when it is loaded. */
export const AGENTS = message({
  agents: list(1, message({ name: one(1, STRING), parameters: map(2, STRING) })),
});

/** `ModelMetrics`: metrics of one model. */
export const METRICS = message({
  metric_control: list(
    1,
    message({
      metric_identifier: one(1, message({ family: one(1, STRING) })),
      histogram_options: one(2, message({ buckets: list(1, DOUBLE) })),
    }),
  ),
});
