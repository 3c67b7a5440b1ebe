import type { Datatype } from "../datatype.ts";
import { toWireShape, type TensorSpec } from "../signature.ts";
import type { ModelContract } from "../validate.ts";
import { SIGNATURE_NAME } from "./body.ts";

/** TensorFlow's name of each data type. Source: tensorflow `core/framework/types.proto`. */
export const TENSORFLOW_TYPES: Readonly<Record<Datatype, string>> = {
  BOOL: "DT_BOOL",
  UINT8: "DT_UINT8",
  UINT16: "DT_UINT16",
  UINT32: "DT_UINT32",
  UINT64: "DT_UINT64",
  INT8: "DT_INT8",
  INT16: "DT_INT16",
  INT32: "DT_INT32",
  INT64: "DT_INT64",
  FP16: "DT_HALF",
  BF16: "DT_BFLOAT16",
  FP32: "DT_FLOAT",
  FP64: "DT_DOUBLE",
  BYTES: "DT_STRING",
};

/**
 * Answer of `GET /v1/models/{m}/metadata`: the JSON form of TensorFlow's `SignatureDef`, made of the
 * model's own signature. As in all JSON of protobuf, 64-bit integers are strings.
 */
export function toModelMetadata({
  name,
  version,
  signature,
}: ModelContract & { readonly version: string }): object {
  const definition = {
    inputs: toTensorInfos(signature.inputs),
    outputs: toTensorInfos(signature.outputs),
    method_name: "tensorflow/serving/predict",
  };
  return {
    model_spec: { name, signature_name: "", version },
    metadata: { signature_def: { signature_def: { [SIGNATURE_NAME]: definition } } },
  };
}

function toTensorInfos(specs: readonly TensorSpec[]): object {
  return Object.fromEntries(
    specs.map(({ name, datatype, shape }) => [
      name,
      {
        dtype: TENSORFLOW_TYPES[datatype],
        tensor_shape: {
          dim: toWireShape(shape).map((size) => ({ size: String(size), name: "" })),
          unknown_rank: false,
        },
        name,
      },
    ]),
  );
}
