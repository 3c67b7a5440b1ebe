/**
 * What a `ModelConfig` of Triton asks for, in the terms of `bundle.yaml`.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`, in its JSON form under the
 * names of the fields.
 */
import type { JsonValue } from "../json/value.ts";
import type { Manifest } from "../manifest/schema.ts";
import {
  ModelConfigProblem,
  problem,
  requireOneOf,
  toCount,
  toFields,
  toList,
  toText,
} from "./configFields.ts";
import { readSequenceBatching } from "./sequenceConfig.ts";
import { toWireShape, type Signature, type TensorSpec } from "../signature.ts";

/** A configuration, as far as it is acted on. */
export interface ModelConfig {
  /** Sections that stand in place of the manifest's own. */
  readonly manifest: Pick<
    Manifest,
    "model" | "versions" | "batching" | "instances" | "queue" | "sequence"
  >;
  /** Absent where the graph is to tell. */
  readonly input?: readonly ConfigTensor[];
  readonly output?: readonly ConfigTensor[];
  /** Whether the dims of tensors leave out a first axis of rows. */
  readonly hasBatchAxis: boolean;
}

interface ConfigTensor {
  readonly name: string;
  readonly dataType: string;
  readonly dims: readonly number[];
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/**
 * Reads a configuration.
 *
 * A `max_batch_size` above 0 is an upper bound: whether rows may share a run is still proven on
 * loading.
 *
 * @param model the name that it is for.
 * @throws ModelConfigProblem for what is wrong, and for fields that would have no effect.
 */
export function readModelConfig(config: JsonValue, model: string): ModelConfig {
  const fields = toFields(config, "the configuration", Object.keys(READERS));
  const read: Writable<ModelConfig> = { manifest: {}, hasBatchAxis: false };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null) READERS[name]?.(read, value, name, model);
  }
  return read;
}

/** Checks the tensors that a configuration names against the model's own. @throws ModelConfigProblem */
export function checkConfigTensors(config: ModelConfig, signature: Signature): void {
  check("input", config.input, signature.inputs);
  check("output", config.output, signature.outputs);

  function check(
    kind: string,
    tensors: readonly ConfigTensor[] | undefined,
    specs: readonly TensorSpec[],
  ): void {
    for (const { name, dataType, dims } of tensors ?? []) {
      const spec = specs.find((candidate) => candidate.name === name);
      if (spec === undefined) {
        const names = specs.map((candidate) => candidate.name).join(", ");
        throw new ModelConfigProblem(`${kind} "${name}" does not exist; the model has ${names}`);
      }
      const shape = toWireShape(spec.shape).slice(config.hasBatchAxis ? 1 : 0);
      const type = toConfigType(spec.datatype);
      const fits =
        shape.length === dims.length &&
        shape.every((length, axis) => length === dims[axis] || length < 0 || dims[axis]! < 0);
      if (fits && dataType === type) continue;
      const wanted = `${dataType} [${dims.join(", ")}]`;
      throw new ModelConfigProblem(
        `${kind} "${name}" is ${type} [${shape.join(", ")}], not ${wanted}`,
      );
    }
  }
}

/** The name of a data type in a configuration. */
export function toConfigType(datatype: TensorSpec["datatype"]): string {
  return datatype === "BYTES" ? "TYPE_STRING" : `TYPE_${datatype}`;
}

type Reader = (read: Writable<ModelConfig>, value: JsonValue, where: string, model: string) => void;

const READERS: Readonly<Record<string, Reader>> = {
  name(_, value, where, model) {
    if (value !== "" && value !== model) throw problem(where, `expected "${model}"`, value);
  },
  platform: (_, value, where) => requireOneOf(value, where, ["onnxruntime_onnx", "longshore_code"]),
  backend: (_, value, where) => requireOneOf(value, where, ["onnxruntime", "longshore"]),
  default_model_filename(read, value, where) {
    const name = toText(value, where);
    if (name === "") return;
    if (!/^\w[\w.-]*\.onnx$/.test(name)) throw problem(where, "expected an .onnx file", value);
    read.manifest = { ...read.manifest, model: name };
  },
  version_policy(read, value, where) {
    read.manifest = { ...read.manifest, versions: toVersions(value, where) };
  },
  max_batch_size(read, value, where) {
    const size = toCount(value, where);
    const batching = size === 0 ? { enabled: false } : { maxBatchSize: size };
    read.hasBatchAxis = size > 0;
    read.manifest = { ...read.manifest, batching: { ...read.manifest.batching, ...batching } };
  },
  dynamic_batching: readDynamicBatching,
  sequence_batching(read, value, where) {
    read.manifest = { ...read.manifest, sequence: readSequenceBatching(value, where) };
  },
  instance_group: readInstances,
  parameters(read, value, where) {
    const threads = toFields(value, where)["intra_op_thread_count"];
    if (threads === undefined) return;
    const path = `${where}.intra_op_thread_count`;
    const text = toFields(threads, path, ["string_value"])["string_value"] ?? "";
    const intraOpThreads = toCount(text, path);
    if (intraOpThreads === 0) return;
    read.manifest = { ...read.manifest, instances: { ...read.manifest.instances, intraOpThreads } };
  },
  input(read, value, where) {
    read.input = toTensors(value, where);
  },
  output(read, value, where) {
    read.output = toTensors(value, where);
  },
};

function readDynamicBatching(read: Writable<ModelConfig>, value: JsonValue, where: string): void {
  const names = ["preferred_batch_size", "max_queue_delay_microseconds", "default_queue_policy"];
  const fields = toFields(value, where, names);
  const { preferred_batch_size: sizes = [], default_queue_policy: policy = {} } = fields;
  const delay = toCount(
    fields["max_queue_delay_microseconds"] ?? 0,
    `${where}.max_queue_delay_microseconds`,
  );
  const preferred = toList(sizes, `${where}.preferred_batch_size`).map((size, index) =>
    toCount(size, `${where}.preferred_batch_size[${index}]`, 1),
  );
  read.manifest = {
    ...read.manifest,
    batching: {
      ...read.manifest.batching,
      maxQueueDelayMs: delay / 1000,
      ...(preferred.length > 0 && { preferredBatchSizes: preferred }),
    },
  };
  const path = `${where}.default_queue_policy`;
  const queue = toFields(policy, path, ["max_queue_size", "default_timeout_microseconds"]);
  const maxLength = toCount(queue["max_queue_size"] ?? 0, `${path}.max_queue_size`);
  const timeout = toCount(
    queue["default_timeout_microseconds"] ?? 0,
    `${path}.default_timeout_microseconds`,
  );
  if (maxLength === 0 && timeout === 0) return;
  read.manifest.queue = {
    ...(maxLength > 0 && { maxLength }),
    ...(timeout > 0 && { timeoutMs: timeout / 1000 }),
  };
}

function readInstances(read: Writable<ModelConfig>, value: JsonValue, where: string): void {
  let count = 0;
  for (const [index, group] of toList(value, where).entries()) {
    const path = `${where}[${index}]`;
    const fields = toFields(group, path, ["name", "kind", "count"]);
    requireOneOf(fields["kind"] ?? "", `${path}.kind`, ["KIND_CPU", "KIND_AUTO"]);
    count += toCount(fields["count"] ?? 1, `${path}.count`);
  }
  if (count === 0) return;
  read.manifest = { ...read.manifest, instances: { ...read.manifest.instances, count } };
}

function toVersions(value: JsonValue, where: string): NonNullable<Manifest["versions"]> {
  const fields = toFields(value, where, ["latest", "all", "specific"]);
  const [choice, ...others] = Object.entries(fields).filter(([, chosen]) => chosen !== null);
  if (choice === undefined || others.length > 0) {
    throw problem(where, "expected one of latest, all, specific", value);
  }
  const [kind, chosen] = choice;
  const path = `${where}.${kind}`;
  if (kind === "all") return "all";
  if (kind === "latest") {
    const count = toFields(chosen, path, ["num_versions"])["num_versions"] ?? 1;
    return { latest: toCount(count, `${path}.num_versions`, 1) };
  }
  const versions = toList(toFields(chosen, path, ["versions"])["versions"] ?? [], path);
  return versions.map((version, index) => toCount(version, `${path}.versions[${index}]`, 1));
}

function toTensors(value: JsonValue, where: string): ConfigTensor[] {
  return toList(value, where).map((tensor, index) => {
    const path = `${where}[${index}]`;
    const fields = toFields(tensor, path, ["name", "data_type", "dims"]);
    return {
      name: toText(fields["name"] ?? "", `${path}.name`),
      dataType: toText(fields["data_type"] ?? "", `${path}.data_type`),
      dims: toList(fields["dims"] ?? [], `${path}.dims`).map((length, axis) =>
        toCount(length, `${path}.dims[${axis}]`, -1),
      ),
    };
  });
}
