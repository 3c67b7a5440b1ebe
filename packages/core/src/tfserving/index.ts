/**
 * An entry of its own, `@longshore/core/tfserving`: TensorFlow Serving's REST API, from bytes to
 * requests and from responses to text, and its gRPC services, from messages to requests and from
 * responses to messages.
 *
 * JSON: `path.ts` says what a path asks for; `predict.ts` and `examples.ts` read bodies,
 * `predictions.ts` and `results.ts` write answers. Messages: `messages` has their tables;
 * `predictMessage.ts` and `exampleMessages.ts` read them, `resultMessages.ts` writes. Of both:
 * `exampleInputs.ts` makes inputs of examples, `results.ts` finds what outputs mean, `metadata.ts` and
 * `status.ts` describe models; `modelConfig.ts` (a file) and `serverConfig.ts` (a message) say what is
 * to be served.
 *
 * Sources: tensorflow/serving `g3doc/api_rest.md`, `apis/*.proto`, `util/json_tensor.cc`,
 * `model_servers/http_rest_api_util.cc`, `servables/tensorflow/*.cc`.
 */
export type { DecodedExamples } from "./exampleInputs.ts";
export * from "./exampleMessages.ts";
export * from "./examples.ts";
export * from "./messages/index.ts";
export * from "./metadata.ts";
export * from "./modelConfig.ts";
export * from "./modelSpec.ts";
export * from "./path.ts";
export * from "./predict.ts";
export * from "./predictions.ts";
export * from "./predictMessage.ts";
export * from "./resultMessages.ts";
export * from "./results.ts";
export * from "./serverConfig.ts";
export { checkSignatureName, SIGNATURE_NAME } from "./signatureName.ts";
export * from "./status.ts";
export type { RepeatLimits } from "./repeatLimits.ts";
