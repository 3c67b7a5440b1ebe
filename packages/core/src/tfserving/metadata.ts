import { Writer } from "../proto/index.ts";
import { toWireShape, type TensorSpec } from "../signature.ts";
import type { ModelContract } from "../validate.ts";
import { TENSORFLOW_TYPES } from "./datatypes.ts";
import {
  SIGNATURE_DEF_MAP,
  type GetModelMetadataResponse,
  type SignatureDef,
  type TensorInfo,
} from "./messages/metadata.ts";
import { toModelSpec } from "./modelSpec.ts";
import { SIGNATURE_NAME } from "./signatureName.ts";

/** The one field of metadata that there is. */
export const SIGNATURE_DEF_FIELD = "signature_def";

/** What a model is called by in a `SignatureDef`. */
const METHOD_NAME = "tensorflow/serving/predict";

const SIGNATURE_DEF_MAP_URL = "type.googleapis.com/tensorflow.serving.SignatureDefMap";

type Described = ModelContract & { readonly version: string };

/**
 * Answer of `GET /v1/models/{m}/metadata`: the JSON form of TensorFlow's `SignatureDef`, made of the
 * model's own signature. As in all JSON of protobuf, 64-bit integers are strings.
 */
export function toModelMetadata({ name, version, signature }: Described): object {
  const definition = {
    inputs: byName(signature.inputs, toJsonInfo),
    outputs: byName(signature.outputs, toJsonInfo),
    method_name: METHOD_NAME,
  };
  return {
    model_spec: { name, signature_name: "", version },
    metadata: { [SIGNATURE_DEF_FIELD]: { signature_def: { [SIGNATURE_NAME]: definition } } },
  };
}

/** Answer of `GetModelMetadata`. */
export function toMetadataMessage(model: Described): GetModelMetadataResponse {
  const { inputs, outputs } = model.signature;
  const definition: SignatureDef = {
    inputs: byName(inputs, toTensorInfo),
    outputs: byName(outputs, toTensorInfo),
    method_name: METHOD_NAME,
  };
  const writer = new Writer();
  SIGNATURE_DEF_MAP.write(writer, { signature_def: { [SIGNATURE_NAME]: definition } });
  const value = concatenate(writer.finish());
  return {
    model_spec: toModelSpec(model),
    metadata: { [SIGNATURE_DEF_FIELD]: { type_url: SIGNATURE_DEF_MAP_URL, value } },
  };
}

function toJsonInfo({ name, datatype, shape }: TensorSpec): object {
  return {
    dtype: TENSORFLOW_TYPES[datatype].name,
    tensor_shape: {
      dim: toWireShape(shape).map((size) => ({ size: String(size), name: "" })),
      unknown_rank: false,
    },
    name,
  };
}

function toTensorInfo({ name, datatype, shape }: TensorSpec): TensorInfo {
  return {
    name,
    dtype: TENSORFLOW_TYPES[datatype].number,
    tensor_shape: { dim: toWireShape(shape).map((size) => ({ size })) },
  };
}

function byName<Info>(
  specs: readonly TensorSpec[],
  describe: (spec: TensorSpec) => Info,
): Record<string, Info> {
  return Object.fromEntries(specs.map((spec) => [spec.name, describe(spec)]));
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
