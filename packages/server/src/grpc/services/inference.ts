import { classifyOutputs, type LongshoreError } from "@longshore/core";
import {
  MODEL_INFER_RESPONSE,
  MODEL_STREAM_INFER_RESPONSE,
  readModelInferRequest,
  toInferRequest,
  toModelInferResponse,
  type ModelInferRequest,
  type ModelInferResponse,
  type ModelStreamInferResponse,
} from "@longshore/core/grpc";
import type { ServerContext } from "../../http/app.ts";
import { encode, type CallContext, type Method } from "../transport/method.ts";
import { toInferContext } from "./inferContext.ts";
import { SERVICE } from "./names.ts";

/**
 * Inference, one request a call or many.
 *
 * In a stream, requests run at the same time and their answers come in the order of the requests,
 * as with Triton for models of one answer a request. What is wrong with one of them is told in its
 * place; only what cannot be read ends the stream.
 */
export function inferenceMethods({ host, limits }: ServerContext): Method[] {
  const infer = async (
    message: ModelInferRequest,
    call: CallContext,
  ): Promise<ModelInferResponse> => {
    const model = host.registry.get(message.model_name, message.model_version || undefined);
    const { request, classes, timeoutUs, markFinal } = toInferRequest(message, model, limits);
    const { outputs } = await model.infer(request, toInferContext(call, timeoutUs));
    const { name, version, signature } = model;
    const { batchable } = model.batching;
    const answer = {
      model: name,
      version,
      id: message.id,
      outputs: classes ? classifyOutputs(outputs, classes, { signature, batchable }) : outputs,
    };
    return toModelInferResponse(answer, markFinal);
  };

  return [
    {
      kind: "unary",
      name: `${SERVICE}/ModelInfer`,
      limited: true,
      answer: async (bytes, call) =>
        encode(MODEL_INFER_RESPONSE, await infer(readModelInferRequest(bytes), call)),
    },
    {
      kind: "dialog",
      name: `${SERVICE}/ModelStreamInfer`,
      limited: true,
      async answer(bytes, call) {
        const infer_response = await infer(readModelInferRequest(bytes), call);
        return encode(MODEL_STREAM_INFER_RESPONSE, { infer_response });
      },
      toAnswer: (error, bytes) =>
        error.code === "MESSAGE_INVALID"
          ? undefined
          : encode(MODEL_STREAM_INFER_RESPONSE, toErrorAnswer(error, bytes)),
    },
  ];
}

/** What is wrong with a message, and which one it is, where that was read. */
function toErrorAnswer(
  { message }: LongshoreError,
  bytes: Uint8Array | undefined,
): ModelStreamInferResponse {
  if (bytes === undefined) return { error_message: message };
  const { model_name, id } = readModelInferRequest(bytes);
  return { error_message: message, infer_response: { model_name, id } };
}
