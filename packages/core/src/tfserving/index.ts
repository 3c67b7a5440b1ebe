/**
 * An entry of its own, `@longshore/core/tfserving`: the JSON of TensorFlow Serving's REST API, from
 * bytes to requests and from responses to text.
 *
 * `path.ts` says what a path asks for; `predict.ts` and `examples.ts` read bodies, `predictions.ts`
 * and `results.ts` write answers; `metadata.ts` and `status.ts` describe models;
 * `modelConfig.ts` reads the file that names them.
 *
 * Sources: tensorflow/serving `g3doc/api_rest.md`, `util/json_tensor.cc`,
 * `model_servers/http_rest_api_util.cc`.
 */
export * from "./examples.ts";
export * from "./metadata.ts";
export * from "./modelConfig.ts";
export * from "./path.ts";
export * from "./predict.ts";
export * from "./predictions.ts";
export * from "./results.ts";
export * from "./status.ts";
