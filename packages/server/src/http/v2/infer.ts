import {
  classifyOutputs,
  decodeInferRequest,
  encodeInferResponse,
  type EncodedInfer,
} from "@longshore/core";
import type { ServerContext } from "../app.ts";
import { requireBody } from "../body.ts";
import {
  JSON_TYPE,
  toInferContext,
  type InferenceAnswer,
  type InferenceRoute,
} from "../inferenceRoute.ts";

const HEADER = "inference-header-content-length";

/** Inference over the Open Inference Protocol, JSON and binary tensors. */
export function inferRoutes({ host, limits }: ServerContext): InferenceRoute[] {
  const answer: InferenceRoute["answer"] = async (call) => {
    const model = host.registry.get(call.params.model, call.params.version);
    const header = call.headers[HEADER] as string | undefined;
    if (header !== "0") requireBody(call.body);
    const decoded = decodeInferRequest(call.body, header, model, limits);
    const context = toInferContext(call, decoded.timeoutUs);
    const { outputs } = await model.infer(decoded.request, context);
    const { name, version, signature } = model;
    const { batchable } = model.batching;
    const { id, classes } = decoded;
    const answered = {
      model: name,
      version,
      id,
      outputs:
        classes === undefined
          ? outputs
          : classifyOutputs(outputs, classes, { signature, batchable }),
    };
    return toAnswer(encodeInferResponse(answered, decoded.binaryOutputs));
  };
  return ["/v2/models/:model/infer", "/v2/models/:model/versions/:version/infer"].map((path) => ({
    path,
    answer,
  }));
}

function toAnswer({ contentType, headerLength, chunks }: EncodedInfer): InferenceAnswer {
  const [first] = chunks;
  const type = contentType === "application/json" ? JSON_TYPE : contentType;
  return {
    headers:
      headerLength === undefined
        ? { "content-type": type }
        : { "content-type": type, [HEADER]: String(headerLength) },
    body:
      chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks as Uint8Array[]),
  };
}
