import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonValue } from "../json/value.ts";
import { toManifest } from "../manifest/index.ts";
import {
  ModelConfigProblem,
  readConfigJson,
  toSequenceBatching,
  type ModelConfig,
} from "./index.ts";

const read = (config: JsonValue): ModelConfig => readConfigJson(config, "m");

describe("a configuration in the manifest's terms", () => {
  test("every field that is acted on", () => {
    const { manifest, notices } = read({
      name: "m",
      platform: "onnxruntime_onnx",
      backend: "onnxruntime",
      default_model_filename: "best.onnx",
      version_policy: { latest: { num_versions: 2 } },
      max_batch_size: 16,
      input: [{ name: "x", data_type: "TYPE_FP32", dims: ["2"], reshape: { shape: [2, 1] } }],
      output: [{ name: "y", data_type: 11, dims: [3], label_filename: "names.txt" }],
      dynamic_batching: {
        preferred_batch_size: [4, 8],
        max_queue_delay_microseconds: "1500",
        default_queue_policy: {
          max_queue_size: 7,
          default_timeout_microseconds: 250_000,
          timeout_action: "DELAY",
          allow_timeout_override: true,
        },
        priority_levels: "3",
        default_priority_level: 2,
        priority_queue_policy: { 1: { max_queue_size: 9 }, 3: {} },
      },
      instance_group: [{ name: "m", kind: "KIND_CPU", count: 2 }, { count: 1 }],
      optimization: { graph: { level: -1 } },
      response_cache: { enable: true },
      model_warmup: [
        {
          name: "first",
          batch_size: 4,
          count: 2,
          inputs: {
            x: { data_type: "TYPE_FP32", dims: [2], random_data: true },
            s: { data_type: "TYPE_STRING", dims: [1], input_data_file: "words" },
          },
        },
      ],
      parameters: {
        intra_op_thread_count: { string_value: "3" },
        inter_op_thread_count: { string_value: "2" },
        execution_mode: { string_value: "1" },
        enable_mem_arena: { string_value: "0" },
        enable_mem_pattern: { string_value: "false" },
        "session.set_denormal_as_zero": { string_value: "1" },
        anything: { string_value: "of no meaning here" },
      },
    });
    assert.deepEqual(manifest, {
      model: "best.onnx",
      versions: { latest: 2 },
      signature: {
        inputs: { x: { callerShape: ["?", 2], modelShape: ["?", 2, 1] } },
        outputs: { y: { labels: "names.txt" } },
      },
      batching: { maxBatchSize: 16, preferredBatchSizes: [4, 8], maxQueueDelayMs: 1.5 },
      queue: {
        maxLength: 7,
        timeoutMs: 250,
        timeoutAction: "delay",
        allowTimeoutOverride: true,
        priorities: {
          levels: 3,
          default: 2,
          policies: {
            1: { maxLength: 9, allowTimeoutOverride: false },
            3: { allowTimeoutOverride: false },
          },
        },
      },
      instances: { count: 3, intraOpThreads: 3 },
      session: {
        graphOptimization: "basic",
        interOpThreads: 2,
        parallel: true,
        memoryArena: false,
        memoryPattern: false,
        config: { "session.set_denormal_as_zero": "1" },
      },
      cache: {},
      warmup: [
        {
          name: "first",
          batchSize: 4,
          count: 2,
          inputs: {
            x: { datatype: "FP32", shape: [2, 1], random: true },
            s: { datatype: "BYTES", shape: [1], file: "warmup/words" },
          },
        },
      ],
    });
    assert.ok("manifest" in toManifest(manifest), "a manifest may say the same");
    assert.deepEqual(
      notices.map(({ where }) => where),
      ["parameters.anything"],
    );
  });

  test("a warm-up in the shape that the model takes", () => {
    const { manifest } = read({
      input: [{ name: "x", dims: [2, -1], reshape: { shape: [1, 2, -1] } }],
      model_warmup: [
        { name: "w", inputs: { x: { data_type: "TYPE_FP32", dims: [2, 5], zero_data: true } } },
      ],
    });
    assert.deepEqual(manifest.warmup?.[0]?.inputs["x"]?.shape, [1, 2, 5]);
  });

  test("an ensemble", () => {
    const { manifest, declared } = read({
      platform: "ensemble",
      max_batch_size: 4,
      input: [{ name: "IN", data_type: "TYPE_STRING", dims: [1] }],
      output: [{ name: "OUT", data_type: "TYPE_FP32", dims: [-1, 2] }],
      ensemble_scheduling: {
        step: [
          { model_name: "a", model_version: -1, input_map: { x: "IN" }, output_map: { y: "t" } },
          { model_name: "b", model_version: "3", input_map: { x: "t" }, output_map: { y: "OUT" } },
        ],
      },
    });
    assert.deepEqual(manifest.ensemble, {
      inputs: { IN: { datatype: "BYTES", shape: [-1, 1] } },
      outputs: { OUT: { datatype: "FP32", shape: [-1, -1, 2] } },
      steps: [
        { model: "a", inputs: { x: "IN" }, outputs: { y: "t" } },
        { model: "b", version: 3, inputs: { x: "t" }, outputs: { y: "OUT" } },
      ],
    });
    assert.deepEqual(declared, { inputs: [], outputs: [], hasBatchAxis: undefined });
    assert.ok("manifest" in toManifest(manifest));
  });

  test("sequences, as they are answered and as Triton's own are written", () => {
    const settings = {
      controls: { start: "S", corrid: "ID" },
      state: [{ input: "s", output: "next" }],
    };
    const limits = { maxIdleMs: 250, maxSequences: 9 };
    const answered = toSequenceBatching(settings, limits) as JsonValue;
    assert.deepEqual(read({ sequence_batching: answered }).manifest.sequence, {
      ...settings,
      ...limits,
    });
    const control = [{ kind: "CONTROL_SEQUENCE_READY", fp32_false_true: [0, 1] }];
    const state = {
      input_name: "s",
      output_name: "next",
      data_type: "TYPE_FP32",
      dims: [1],
      initial_state: [{ name: "zeros", data_type: "TYPE_FP32", dims: [1], zero_data: true }],
    };
    const written = { direct: {}, control_input: [{ name: "R", control }], state: [state] };
    assert.deepEqual(read({ sequence_batching: written }).manifest, {
      sequence: { controls: { ready: "R" }, state: [{ input: "s", output: "next" }] },
    });
  });

  test("little, nothing, and what Triton says of everything", () => {
    assert.deepEqual(read({}).manifest, {});
    assert.deepEqual(read({ max_batch_size: 0 }).manifest, { batching: { enabled: false } });
    assert.deepEqual(read({ version_policy: { all: {} } }).manifest, { versions: "all" });
    const specific = { version_policy: { specific: { versions: ["1", 3] } } };
    assert.deepEqual(read(specific).manifest, { versions: [1, 3] });
    const { manifest, notices } = read({
      model_warmup: [],
      metric_tags: {},
      runtime: "",
      parameters: {},
      response_cache: { enable: false },
      optimization: {
        priority: "PRIORITY_DEFAULT",
        input_pinned_memory: { enable: false },
        graph: null,
      },
      instance_group: [{ name: "m", kind: "KIND_AUTO", count: 0, gpus: [] }],
      input: [
        {
          name: "x",
          data_type: "TYPE_FP32",
          dims: [2],
          is_shape_tensor: false,
          format: "FORMAT_NONE",
        },
      ],
    });
    assert.deepEqual(manifest, {});
    assert.deepEqual(notices, []);
  });
});

test("what has no effect is told, and why", () => {
  const { notices } = read({
    cc_model_filenames: { "7.5": "model.plan" },
    model_transaction_policy: { decoupled: true },
    instance_group: [{ kind: "KIND_GPU", gpus: [0], profile: ["p"] }],
    optimization: { cuda: { graphs: true }, output_pinned_memory: { enable: true } },
    parameters: {
      gpu_mem_limit: { string_value: "1" },
      "session.optimized_model_external_initializers_file_name": { string_value: "/etc/passwd" },
    },
  });
  assert.deepEqual(
    notices.map(({ where, message }) => `${where} ${message}`),
    [
      "cc_model_filenames has no effect here: models run on the CPU",
      "model_transaction_policy has no effect here: a graph gives one answer a request",
      "instance_group[0].gpus has no effect here: models run on the CPU",
      "instance_group[0].profile has no effect here: models run on the CPU",
      "optimization.cuda has no effect here: models run on the CPU",
      "optimization.output_pinned_memory has no effect here: models run on the CPU",
      "instance_group[0].kind (KIND_GPU) has no effect here: models run on the CPU",
      "parameters.gpu_mem_limit has no effect here: no parameter of a session has this name",
      "parameters.session.optimized_model_external_initializers_file_name has no effect here: no parameter of a session has this name",
    ],
  );
});

test("what is wrong is said with its place", () => {
  const cases: [config: JsonValue, says: string][] = [
    [[], "the configuration: expected an object, got []"],
    [{ name: "other" }, 'name: expected "m", got "other"'],
    [{ name: 5 }, "name: expected a string, got 5"],
    [{ platform: "tensorrt_plan" }, "platform: expected onnxruntime_onnx, longshore_code or ensem"],
    [{ platform: "ensemble" }, "platform: expected the section ensemble_scheduling beside it"],
    [{ ensemble_scheduling: { step: [] } }, 'expected the platform "ensemble" beside it'],
    [{ platform: "ensemble", ensemble_scheduling: {} }, "expected at least one step"],
    [{ backend: "pytorch" }, "backend: expected onnxruntime or longshore"],
    [{ default_model_filename: "../../x.onnx" }, "default_model_filename: expected an .onnx file"],
    [{ default_model_filename: "model.py" }, "default_model_filename: expected an .onnx file"],
    [{ max_batch_size: -1 }, "max_batch_size: expected an integer from 0, got -1"],
    [{ max_batch_size: "many" }, "max_batch_size: expected an integer from -2147483648"],
    [{ max_batch_size: 1.5 }, "got 1.5"],
    [{ max_batch_size: 2 ** 40 }, "max_batch_size: expected an integer"],
    [{ maxBatchSize: 2 }, 'the configuration: there is no field "maxBatchSize"'],
    [{ constructor: 2 }, 'there is no field "constructor"'],
    [{ response_cache: { enable: 1 } }, "response_cache.enable: expected true or false, got 1"],
    [
      { sequence_batching: { control_input: [{ name: "S", control: [{ kind: "OTHER" }] }] } },
      "sequence_batching.control_input[0].control[0].kind: expected one of CONTROL_SEQUENCE_START",
    ],
    [
      { sequence_batching: { control_input: [{ name: "S", control: [{ fp32_false_true: [1, 0] }] }] } }, // prettier-ignore
      "control[0].fp32_false_true: expected 0 and 1, got [1,0]",
    ],
    [
      { sequence_batching: { state: [{ initial_state: [{ data_file: "s" }] }] } },
      "sequence_batching.state[0].initial_state[0].data_file: states start with zeros",
    ],
    [{ sequence_batching: { direct: {}, oldest: {} } }, "expected one of direct, oldest"],
    [{ sequence_batching: {}, response_cache: { enable: true } }, "response_cache: a model with a"],
    [
      { sequence_batching: { oldest: { max_candidate_sequences: -1 } } },
      "sequence_batching.oldest",
    ],
    [{ instance_group: [{ kind: "KIND_TPU" }] }, "instance_group[0].kind: expected one of KIND_AU"],
    [{ instance_group: {} }, "instance_group: expected a list"],
    [{ instance_group: [{ count: -1 }] }, "instance_group[0].count: expected an integer from 0"],
    [{ version_policy: {} }, "version_policy: expected one of latest, all, specific"],
    [{ version_policy: { latest: {}, all: {} } }, "expected one of latest, all, specific"],
    [
      { version_policy: { latest: { num_versions: 0 } } },
      "num_versions: expected an integer from 1",
    ],
    [{ version_policy: { specific: { versions: [0] } } }, "versions[0]: expected an integer"],
    [{ version_policy: { specific: {} } }, "specific: expected at least one version"],
    [
      { dynamic_batching: { preferred_batch_size: [0] } },
      "dynamic_batching.preferred_batch_size[0]: expected an integer from 1, got 0",
    ],
    [
      { dynamic_batching: { priority_levels: 2 } },
      "dynamic_batching.default_priority_level: expected a level from 1 to 2, got 0",
    ],
    [{ dynamic_batching: { default_priority_level: 2 } }, "expected priority_levels"],
    [
      {
        dynamic_batching: {
          priority_levels: 2,
          default_priority_level: 1,
          priority_queue_policy: { 3: {} },
        },
      },
      "dynamic_batching.priority_queue_policy.3: expected a level from 1 to 2",
    ],
    [{ dynamic_batching: { priority_queue_policy: { x: {} } } }, "expected whole numbers as keys"],
    [
      {
        dynamic_batching: {
          preserve_ordering: true,
          priority_levels: 2,
          default_priority_level: 1,
        },
      },
      "dynamic_batching.preserve_ordering: answers cannot keep the order",
    ],
    [
      { parameters: { intra_op_thread_count: { string_value: "two" } } },
      'parameters.intra_op_thread_count: expected an integer from 0, got "two"',
    ],
    [
      { parameters: { execution_mode: { string_value: "2" } } },
      'parameters.execution_mode: expected 0 or 1, got "2"',
    ],
    [{ input: [{ name: 1 }] }, "input[0].name: expected a string, got 1"],
    [{ input: [{}] }, 'input[0].name: expected a name, got ""'],
    [{ input: [{ name: "x", dims: [-2] }] }, "input[0].dims[0]: expected an integer from -1"],
    [{ input: [{ name: "x" }, { name: "x" }] }, 'input[1].name: "x" stands at input[0] already'],
    [{ input: [{ name: "x", reshape: {} }] }, "input[0].reshape: dims must say what is reshaped"],
    [
      { output: [{ name: "y", label_filename: "../secret" }] },
      "output[0].label_filename: expected a file in the model's folder",
    ],
    [
      { model_warmup: [{ inputs: { x: { dims: [1], zero_data: true } } }] },
      "model_warmup[0].inputs.x.data_type: expected a data type",
    ],
    [
      { model_warmup: [{ inputs: { x: { data_type: "TYPE_FP32", dims: [1] } } }] },
      "model_warmup[0].inputs.x: zero_data, random_data or input_data_file must say",
    ],
    [
      { model_warmup: [{ inputs: { x: { data_type: 11, dims: [-1], zero_data: true } } }] },
      "dims[0]: expected an integer from 0",
    ],
    [
      { model_warmup: [{ inputs: { x: { data_type: 11, dims: [1], input_data_file: "/x" } } }] },
      "input_data_file: expected a file in the model's folder warmup/",
    ],
  ];
  for (const [config, says] of cases) {
    assert.throws(
      () => read(config),
      (error: unknown) => {
        assert.ok(error instanceof ModelConfigProblem, String(error));
        assert.ok(error.message.includes(says), `${error.message} does not say ${says}`);
        return true;
      },
    );
  }
});
