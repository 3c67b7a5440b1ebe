/** TensorFlow Serving's gRPC services, through a client that others wrote. */
import type { Message } from "./grpc.ts";

export const PREDICTION = "tensorflow.serving.PredictionService";
export const MODELS = "tensorflow.serving.ModelService";

/** A `TensorShapeProto`. */
export const shape = (...sizes: number[]): Message => ({ dim: sizes.map((size) => ({ size })) });

/** A `TensorProto` of FP32. */
export const floats = (sizes: number[], ...values: number[]): Message => ({
  dtype: "DT_FLOAT",
  tensor_shape: shape(...sizes),
  float_val: values,
});
