/** TensorFlow Serving's gRPC services, through a client that others wrote. */
import assert from "node:assert/strict";
import type { ServiceError } from "@grpc/grpc-js";
import type { Message } from "./grpc.ts";

export const PREDICTION = "tensorflow.serving.PredictionService";
export const MODELS = "tensorflow.serving.ModelService";

/** What a call failed with. */
export async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error && "details" in error, `no failure but ${String(error)}`);
  return error as ServiceError;
}

/** A `TensorShapeProto`. */
export const shape = (...sizes: number[]): Message => ({ dim: sizes.map((size) => ({ size })) });

/** A `TensorProto` of FP32. */
export const floats = (sizes: number[], ...values: number[]): Message => ({
  dtype: "DT_FLOAT",
  tensor_shape: shape(...sizes),
  float_val: values,
});
