/** Messages of TensorFlow Serving's gRPC services, as tables of their fields. */
export * from "./examples.ts";
export * from "./metadata.ts";
export * from "./modelService.ts";
export * from "./predict.ts";
export * from "./results.ts";
export * from "./tensor.ts";
