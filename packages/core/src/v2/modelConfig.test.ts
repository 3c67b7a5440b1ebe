import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toManifest } from "../manifest/index.ts";
import type { JsonValue } from "../json/value.ts";
import { MODEL } from "./fixtures.test.ts";
import { ModelConfigProblem } from "./configFields.ts";
import { toSequenceBatching } from "./sequenceConfig.ts";
import { checkConfigTensors, readModelConfig } from "./modelConfig.ts";

const read = (config: JsonValue): ReturnType<typeof readModelConfig> =>
  readModelConfig(config, "m");

describe("a configuration in the manifest's terms", () => {
  test("every field that is acted on", () => {
    const { manifest } = read({
      name: "m",
      platform: "onnxruntime_onnx",
      backend: "onnxruntime",
      default_model_filename: "best.onnx",
      version_policy: { latest: { num_versions: 2 } },
      max_batch_size: 16,
      dynamic_batching: {
        preferred_batch_size: [4, 8],
        max_queue_delay_microseconds: "1500",
        default_queue_policy: { max_queue_size: 7, default_timeout_microseconds: 250_000 },
      },
      instance_group: [{ name: "m", kind: "KIND_CPU", count: 2 }, { count: 1 }],
      parameters: {
        intra_op_thread_count: { string_value: "3" },
        anything: { string_value: "of no meaning here" },
      },
    });
    assert.deepEqual(manifest, {
      model: "best.onnx",
      versions: { latest: 2 },
      batching: { maxBatchSize: 16, preferredBatchSizes: [4, 8], maxQueueDelayMs: 1.5 },
      queue: { maxLength: 7, timeoutMs: 250 },
      instances: { count: 3, intraOpThreads: 3 },
    });
    assert.ok("manifest" in toManifest(manifest), "a manifest may say the same");
  });

  test("little, nothing, and what Triton says of everything", () => {
    assert.deepEqual(read({}), { manifest: {}, hasBatchAxis: false });
    assert.deepEqual(read({ max_batch_size: 0 }).manifest, { batching: { enabled: false } });
    assert.deepEqual(read({ version_policy: { all: {} } }).manifest, { versions: "all" });
    const specific = { version_policy: { specific: { versions: ["1", 3] } } };
    assert.deepEqual(read(specific).manifest, { versions: [1, 3] });
    const plain = {
      model_warmup: [],
      metric_tags: {},
      runtime: "",
      parameters: {},
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
    };
    assert.deepEqual(read(plain).manifest, {});
  });
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

test("what is wrong, or would have no effect, is said with its place", () => {
  const cases: [config: JsonValue, says: string][] = [
    [[], "the configuration: expected an object, got []"],
    [{ name: "other" }, 'name: expected "m", got "other"'],
    [{ platform: "tensorrt_plan" }, "platform: expected onnxruntime_onnx or longshore_code"],
    [{ default_model_filename: "../../x.onnx" }, "default_model_filename: expected an .onnx file"],
    [{ default_model_filename: "model.py" }, "default_model_filename: expected an .onnx file"],
    [{ max_batch_size: -1 }, "max_batch_size: expected an integer from 0, got -1"],
    [{ max_batch_size: "many" }, 'max_batch_size: expected an integer from 0, got "many"'],
    [{ max_batch_size: 1.5 }, "got 1.5"],
    [{ maxBatchSize: 2 }, 'the configuration: "maxBatchSize" is not supported'],
    [{ response_cache: { enable: true } }, '"response_cache" is not supported'],
    [
      { sequence_batching: { control_input: [{ name: "S", control: [{ kind: "OTHER" }] }] } },
      "sequence_batching.control_input[0].control[0].kind: expected CONTROL_SEQUENCE_START",
    ],
    [
      {
        sequence_batching: {
          control_input: [{ name: "S", control: [{ fp32_false_true: [1, 0] }] }],
        },
      },
      "control[0].fp32_false_true: expected 0 and 1, got [1,0]",
    ],
    [
      { sequence_batching: { state: [{ initial_state: [{ data_file: "s" }] }] } },
      'sequence_batching.state[0].initial_state[0]: "data_file" is not supported',
    ],
    [
      { sequence_batching: { oldest: { max_candidate_sequences: -1 } } },
      "sequence_batching.oldest",
    ],
    [{ instance_group: [{ kind: "KIND_GPU" }] }, "instance_group[0].kind: expected KIND_CPU"],
    [{ instance_group: {} }, "instance_group: expected a list"],
    [{ instance_group: [{ gpus: [0] }] }, 'instance_group[0]: "gpus" is not supported'],
    [{ version_policy: {} }, "version_policy: expected one of latest, all, specific"],
    [{ version_policy: { latest: {}, all: {} } }, "expected one of latest, all, specific"],
    [
      { version_policy: { latest: { num_versions: 0 } } },
      "num_versions: expected an integer from 1",
    ],
    [
      { version_policy: { specific: { versions: [0] } } },
      "specific.versions[0]: expected an integer",
    ],
    [
      { dynamic_batching: { preferred_batch_size: [0] } },
      "dynamic_batching.preferred_batch_size[0]: expected an integer from 1, got 0",
    ],
    [
      { dynamic_batching: { default_queue_policy: { timeout_action: "DELAY" } } },
      'dynamic_batching.default_queue_policy: "timeout_action" is not supported',
    ],
    [
      { parameters: { intra_op_thread_count: { string_value: "two" } } },
      'parameters.intra_op_thread_count: expected an integer from 0, got "two"',
    ],
    [{ input: [{ name: 1 }] }, "input[0].name: expected a string, got 1"],
    [{ output: [{ name: "y", label_filename: "l.txt" }] }, '"label_filename" is not supported'],
  ];
  for (const [config, says] of cases) {
    assert.throws(
      () => read(config),
      (error: unknown) => {
        assert.ok(error instanceof ModelConfigProblem);
        assert.ok(error.message.includes(says), `${error.message} does not say ${says}`);
        return true;
      },
    );
  }
});

test("tensors are compared with the model's own", () => {
  const check = (config: JsonValue): void => checkConfigTensors(read(config), MODEL.signature);
  const x = { name: "x", data_type: "TYPE_FP32" };
  check({ max_batch_size: 4, input: [{ ...x, dims: [2] }], output: [] });
  check({ max_batch_size: 4, input: [{ ...x, dims: ["-1"] }] });
  check({ input: [{ ...x, dims: [-1, 2] }] });
  check({ input: [{ ...x, dims: [7, 2] }] });
  assert.throws(() => check({ input: [{ ...x, dims: [2] }] }), /\[-1, 2\], not TYPE_FP32 \[2\]/);
  assert.throws(() => check({ max_batch_size: 1, input: [{ ...x, dims: [3] }] }), /\[2\], not/);
  assert.throws(
    () => check({ max_batch_size: 1, input: [{ ...x, data_type: "TYPE_FP64", dims: [2] }] }),
    /input "x" is TYPE_FP32 \[2\], not TYPE_FP64 \[2\]/,
  );
  assert.throws(() => check({ output: [{ name: "w" }] }), /output "w" does not exist; .* y, z/);
});
