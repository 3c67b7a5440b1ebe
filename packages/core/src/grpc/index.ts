/**
 * Open Inference Protocol v2 (KServe, Triton) over gRPC: messages to requests and answers to
 * messages.
 *
 * Sources: kserve/open-inference-protocol `specification/protocol/inference_grpc.md`; Triton
 * `docs/protocol/extension_binary_data.md`, "gRPC"; `grpc_service.proto` for the numbers.
 */
export * from "./messages.ts";
export type { GrpcParameters } from "./parameters.ts";
export { readModelInferRequest, toInferRequest, type DecodedModelInfer } from "./request.ts";
export { toModelInferResponse } from "./response.ts";
