import { basename } from "node:path";
import { toWireShape, type Signature, type TensorSpec } from "@longshore/core";
import type { OutputOverride, SignatureOverride } from "@longshore/core/manifest";
import {
  toConfigType,
  toDynamicBatching,
  toEnsembleScheduling,
  toOptimization,
  toSequenceBatching,
  toSessionParameters,
  toVersionPolicy,
  toWarmup,
  type TritonConfig,
  type TritonOutput,
} from "@longshore/core/modelConfig";
import { sequenceLimits } from "../../registry/sequenceOf.ts";
import type { ServedModel } from "../../registry/servedModel.ts";

/** For ONNX models, the name that Triton reports. */
export const PLATFORMS: Readonly<Record<ServedModel["runtime"], string>> = {
  onnxruntime: "onnxruntime_onnx",
  code: "longshore_code",
  ensemble: "ensemble",
};

/** The names that Triton reports: an ensemble has none. */
const BACKENDS: Readonly<Record<ServedModel["runtime"], string>> = {
  onnxruntime: "onnxruntime",
  code: "longshore",
  ensemble: "",
};

/**
 * A model's configuration, in the JSON form of Triton's `ModelConfig` (model_config.proto): what its
 * own says, completed by what the graph and the manifest say, and as it was decided.
 */
export function toModelConfig(model: ServedModel): TritonConfig {
  const { name, runtime, signature, graph, batching, sequence, source } = model;
  const { manifest } = source;
  const { batchable } = batching;
  const isEnsemble = manifest.ensemble !== undefined;
  const toTensors = (kind: "inputs" | "outputs"): TritonOutput[] =>
    signature[kind].map((spec) =>
      toTensor(spec, graph[kind], findSettings(manifest.signature, kind, spec.name), batchable),
    );
  const given: TritonConfig = { ...source.config?.given };
  // As was decided: a model whose rows influence each other does not share runs.
  delete given.dynamic_batching;
  return {
    ...given,
    name,
    platform: PLATFORMS[runtime],
    backend: BACKENDS[runtime],
    version_policy: toVersionPolicy(manifest.versions),
    max_batch_size: batching.maxBatchSize,
    input: toTensors("inputs"),
    output: toTensors("outputs"),
    ...(isEnsemble ? {} : toRunning(model)),
    ...(manifest.ensemble && { ensemble_scheduling: toEnsembleScheduling(manifest.ensemble) }),
    ...(batchable &&
      !isEnsemble &&
      sequence === undefined && { dynamic_batching: toDynamicBatching(batching, manifest) }),
    ...(manifest.sequence && {
      sequence_batching:
        given.sequence_batching ??
        toSequenceBatching(manifest.sequence, sequenceLimits(source, batchable, 0)),
    }),
    ...(manifest.warmup && { model_warmup: given.model_warmup ?? toWarmup(manifest.warmup) }),
    ...(manifest.cache && { response_cache: { enable: true } }),
  };
}

/** What runs a model that has sessions or threads of its own. */
function toRunning({ name, runtime, variant, placement, source }: ServedModel): TritonConfig {
  const { manifest, config } = source;
  const optimization = toOptimization(manifest.session ?? {});
  return {
    instance_group: [{ name, kind: "KIND_CPU", count: placement.lanes.length }],
    ...(runtime === "onnxruntime" && { default_model_filename: basename(source.file) }),
    ...(optimization && { optimization: { ...config?.given.optimization, ...optimization } }),
    parameters: {
      ...config?.given.parameters,
      ...toSessionParameters(manifest.session ?? {}),
      intra_op_thread_count: { string_value: String(placement.intraOpThreads) },
      ...(variant && { variant: { string_value: variant.name } }),
    },
  };
}

/** With a batch size above 0, dims leave out the batch axis. */
function toTensor(
  spec: TensorSpec,
  graph: Signature["inputs"],
  { callerShape, modelShape, labels }: OutputOverride,
  batchable: boolean,
): TritonOutput {
  const toDims = (shape: TensorSpec["shape"]): number[] =>
    toWireShape(shape).slice(batchable ? 1 : 0);
  const own = modelShape ?? graph.find((each) => each.name === spec.name)?.shape ?? [];
  return {
    name: spec.name,
    data_type: toConfigType(spec.datatype),
    dims: toDims(spec.shape),
    ...(callerShape && { reshape: { shape: toDims(own) } }),
    ...(typeof labels === "string" && { label_filename: labels }),
  };
}

function findSettings(
  signature: SignatureOverride = {},
  kind: "inputs" | "outputs",
  name: string,
): OutputOverride {
  const settings = Object.entries<OutputOverride>(signature[kind] ?? {});
  return settings.find(([key, each]) => (each.name ?? key) === name)?.[1] ?? {};
}
