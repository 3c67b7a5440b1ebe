import { toConfigType, toSequenceBatching, toWireShape, type TensorSpec } from "@longshore/core";
import { sequenceLimits } from "../../registry/sequenceOf.ts";
import type { ServedModel } from "../../registry/servedModel.ts";

/** For ONNX models, the name that Triton reports. */
export const PLATFORMS: Readonly<Record<ServedModel["runtime"], string>> = {
  onnxruntime: "onnxruntime_onnx",
  code: "longshore_code",
};

/** A model's configuration, in the JSON form of Triton's `ModelConfig` (model_config.proto). */
export function toModelConfig({
  name,
  version,
  variant,
  signature,
  batching,
  placement,
  runtime,
  source,
}: ServedModel): object {
  const { batchable, maxBatchSize, maxQueueDelayMs, preferredBatchSizes } = batching;
  const { sequence } = source.manifest;
  const toTensor = (spec: TensorSpec): object => {
    const dims = toWireShape(spec.shape);
    // With a batch size above 0, Triton's dims leave out the batch axis.
    return {
      name: spec.name,
      data_type: toConfigType(spec.datatype),
      dims: batchable ? dims.slice(1) : dims,
    };
  };
  return {
    name,
    platform: PLATFORMS[runtime],
    backend: runtime === "code" ? "longshore" : "onnxruntime",
    version_policy: { specific: { versions: [Number(version)] } },
    max_batch_size: maxBatchSize,
    input: signature.inputs.map(toTensor),
    output: signature.outputs.map(toTensor),
    ...(batchable && {
      dynamic_batching: {
        preferred_batch_size: preferredBatchSizes,
        max_queue_delay_microseconds: Math.round(maxQueueDelayMs * 1000),
      },
    }),
    ...(sequence && {
      sequence_batching: toSequenceBatching(sequence, sequenceLimits(source, batchable, 0)),
    }),
    instance_group: [{ name, kind: "KIND_CPU", count: placement.lanes.length }],
    parameters: {
      intra_op_thread_count: { string_value: String(placement.intraOpThreads) },
      ...(variant && { variant: { string_value: variant.name } }),
    },
  };
}
