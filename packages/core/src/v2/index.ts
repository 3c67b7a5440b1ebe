/**
 * Open Inference Protocol v2 (KServe, Triton) over HTTP: bytes to requests and responses to bytes.
 *
 * Sources: kserve/open-inference-protocol `specification/protocol/inference_rest.md`; Triton
 * `docs/protocol/extension_binary_data.md`, `extension_parameters.md`.
 */
export { decodeInferRequest, type DecodedInfer } from "./request.ts";
export { encodeInferResponse, type EncodedInfer, type InferAnswer } from "./response.ts";
export type { BinaryOutputs } from "./outputs.ts";
export { checkClassification, classifyOutputs, type WantedClasses } from "./classification.ts";
export { decodeByteElements, encodeByteElements } from "./byteElements.ts";
export { toErrorBody, toModelMetadata, toServerMetadata } from "./metadata.ts";
