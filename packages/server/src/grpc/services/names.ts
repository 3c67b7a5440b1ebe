/** The service of the Open Inference Protocol, as Triton and KServe name it. */
export const SERVICE = "inference.GRPCInferenceService";

/** Services of gRPC itself. */
export const HEALTH_SERVICE = "grpc.health.v1.Health";
