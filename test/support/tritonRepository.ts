/** A model repository as Triton has them, with models small enough to see through. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { model, node, tensor, type Model } from "@longshore/onnx";
import { memoryModel } from "./memory.ts";
import { affineModel, writeOnnx } from "./models.ts";

/** What lies in a model's folder. */
export interface TritonModel {
  /** The text of its `config.pbtxt`; undefined for none. */
  readonly config?: string;
  /** By version. */
  readonly versions?: Readonly<Record<string, Model>>;
  /** Name of each version's file; `model.onnx` by default. */
  readonly fileName?: string;
  /** Other files, by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Writes a model into `repository/name`. */
export function writeTritonModel(
  repository: string,
  name: string,
  { config, versions = {}, fileName = "model.onnx", files = {} }: TritonModel,
): void {
  const folder = join(repository, name);
  mkdirSync(folder, { recursive: true });
  if (config !== undefined) writeFileSync(join(folder, "config.pbtxt"), config);
  for (const [version, content] of Object.entries(versions))
    writeOnnx(join(folder, version, fileName), content);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** `y = 2x + offset` on FP32[N,3]. */
export function scoresModel(offset: number): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 3] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 3] }],
    initializers: [
      tensor("two", "FP32", [], new Float32Array([2])),
      tensor("offset", "FP32", [], new Float32Array([offset])),
    ],
    nodes: [node("Mul", ["x", "two"], ["twice"]), node("Add", ["twice", "offset"], ["y"])],
  });
}

/** `y = 3x` on FP32[N], without an axis for what belongs to a row. */
export function lineModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N"] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N"] }],
    initializers: [tensor("three", "FP32", [], new Float32Array([3]))],
    nodes: [node("Mul", ["x", "three"], ["y"])],
  });
}

const SCORES = `
# What a user of Triton would write.
name: "scores"
platform: "onnxruntime_onnx"
default_model_filename: "scores.onnx"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] label_filename: "animals.txt" } ]
version_policy: { specific { versions: [ 1, 3 ] } }
instance_group [ { count: 1 kind: KIND_GPU gpus: [ 0 ] } ]
dynamic_batching {
  preferred_batch_size: [ 4, 8 ]
  max_queue_delay_microseconds: 300
  priority_levels: 2
  default_priority_level: 2
  default_queue_policy { max_queue_size: 32 allow_timeout_override: true }
  priority_queue_policy { key: 1 value { timeout_action: DELAY default_timeout_microseconds: 5000000 } }
}
optimization { graph { level: 1 } }
parameters { key: "enable_mem_pattern" value { string_value: "0" } }
parameters { key: "team" value { string_value: "zoo" } }
response_cache { enable: true }
model_warmup [ {
  name: "zeros" batch_size: 2
  inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 3 ] zero_data: true } }
} ]
unheard_of: 5
`;

/** A repository of models that are all in order. */
export function writeTritonRepository(repository: string): void {
  writeTritonModel(repository, "scores", {
    config: SCORES,
    versions: { 1: scoresModel(1), 2: scoresModel(2), 3: scoresModel(3) },
    fileName: "scores.onnx",
    files: { "animals.txt": "cat\ndog\r\nowl\n\n" },
  });
  writeTritonModel(repository, "bare", { versions: { 1: affineModel(1), 4: affineModel(4) } });
  writeTritonModel(repository, "partial", {
    config: 'backend: "onnxruntime" max_batch_size: 5 input { name: "x" dims: 2 }',
    versions: { 1: affineModel(1) },
  });
  writeTritonModel(repository, "apart", {
    config: "max_batch_size: 0 input < name: 'x' data_type: TYPE_FP32 dims: [-1, -1] >",
    versions: { 1: affineModel(1) },
  });
  writeTritonModel(repository, "line", {
    config: `
max_batch_size: 16
input { name: "x" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } }
output { name: "y" data_type: TYPE_FP32 dims: [ 1 ] reshape { } }`,
    versions: { 1: lineModel() },
  });
  writeTritonModel(repository, "square", {
    config: `
max_batch_size: 4
input { name: "x" data_type: TYPE_FP32 dims: [ 2, 2 ] reshape { shape: [ 4 ] } }
output { name: "y" data_type: TYPE_FP32 dims: [ 4 ] }
model_warmup { name: "squares" batch_size: 3 inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 2, 2 ] random_data: true } } }
version_policy { all { } }`,
    versions: { 1: affineModel(1), 2: affineModel(2) },
  });
  writeTritonModel(repository, "memory", {
    config: `
max_batch_size: 4
input { name: "x" data_type: TYPE_INT64 dims: 1 }
output [ { name: "y" data_type: TYPE_INT64 dims: 1 }, { name: "flags" data_type: TYPE_INT64 dims: 3 } ]
sequence_batching {
  max_sequence_idle_microseconds: 60000000
  direct { }
  control_input [
    { name: "START" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } },
    { name: "END" control { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] } },
    { name: "READY" control { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } },
    { name: "CORRID" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_INT64 } }
  ]
  state {
    input_name: "s" output_name: "next" data_type: TYPE_INT64 dims: 1
    initial_state { name: "zeros" data_type: TYPE_INT64 dims: 1 zero_data: true }
  }
}`,
    versions: { 1: memoryModel() },
  });
  writeTritonModel(repository, "both", {
    config: `
platform: "ensemble"
max_batch_size: 4
input { name: "IN" data_type: TYPE_FP32 dims: 3 }
output { name: "OUT" data_type: TYPE_FP32 dims: 3 }
ensemble_scheduling {
  step { model_name: "scores" model_version: 1 input_map { key: "x" value: "IN" } output_map { key: "y" value: "between" } }
  step { model_name: "bare" model_version: -1 input_map { key: "x" value: "between" } output_map { key: "y" value: "OUT" } }
}`,
    files: { "1/.keep": "" },
  });
}
