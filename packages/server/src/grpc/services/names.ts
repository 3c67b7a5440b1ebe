/** The service of the Open Inference Protocol, as Triton and KServe name it. */
export const SERVICE = "inference.GRPCInferenceService";

/** The services of TensorFlow Serving. */
export const PREDICTION_SERVICE = "tensorflow.serving.PredictionService";
export const MODEL_SERVICE = "tensorflow.serving.ModelService";

/** Services of gRPC itself. */
export const HEALTH_SERVICE = "grpc.health.v1.Health";
