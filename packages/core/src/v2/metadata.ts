import type { LongshoreError } from "../errors.ts";
import { toWireShape, type TensorSpec } from "../signature.ts";
import type { ModelContract } from "../validate.ts";

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 for a free axis. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** What the protocol's error body says; `error` is the field of the specification. */
export interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly request_id: string;
}

/** Answer of `GET /v2`. */
export function toServerMetadata(
  name: string,
  version: string,
  extensions: readonly string[],
): ServerMetadata {
  return { name, version, extensions };
}

/**
 * Answer of `GET /v2/models/{m}`.
 *
 * @param platform what computes it; by default what Triton reports for ONNX models.
 */
export function toModelMetadata(
  model: ModelContract,
  versions: readonly string[],
  platform = "onnxruntime_onnx",
): ModelMetadata {
  return {
    name: model.name,
    versions,
    platform,
    inputs: model.signature.inputs.map(toTensorMetadata),
    outputs: model.signature.outputs.map(toTensorMetadata),
  };
}

/** Body of every error answer. */
export function toErrorBody(error: LongshoreError, requestId: string): ErrorBody {
  return { error: error.message, code: error.code, request_id: requestId };
}

function toTensorMetadata({ name, datatype, shape }: TensorSpec): TensorMetadata {
  return { name, datatype, shape: toWireShape(shape) };
}
