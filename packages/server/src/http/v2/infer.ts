import type { FastifyInstance, FastifyReply } from "fastify";
import { decodeInferRequest, encodeInferResponse, type EncodedInfer } from "@longshore/core";
import type { ServerContext } from "../app.ts";
import { bodyOf } from "../body.ts";
import { toCallContext } from "../call.ts";

interface InferParams {
  Params: { model: string; version?: string };
}

const HEADER = "inference-header-content-length";

/** Inference over the Open Inference Protocol, JSON and binary tensors. */
export async function inferRoutes(
  app: FastifyInstance,
  { host, limits }: ServerContext,
): Promise<void> {
  const options = { config: { limited: true }, bodyLimit: limits.maxBodyBytes };
  for (const path of ["/v2/models/:model/infer", "/v2/models/:model/versions/:version/infer"]) {
    app.post<InferParams>(path, options, async (request, reply) => {
      const model = host.registry.get(request.params.model, request.params.version);
      const header = request.headers[HEADER] as string | undefined;
      const body = bodyOf(request, header === "0");
      const {
        id,
        request: decoded,
        timeoutUs,
        binaryOutputs,
      } = decodeInferRequest(body, header, model, limits);
      const { outputs } = await model.infer(decoded, toCallContext(reply, model, timeoutUs));
      const { name, version } = model;
      const answer = { model: name, version, outputs, ...(id !== undefined && { id }) };
      return send(reply, encodeInferResponse(answer, binaryOutputs));
    });
  }
}

function send(
  reply: FastifyReply,
  { contentType, headerLength, chunks }: EncodedInfer,
): FastifyReply {
  reply.header("content-type", contentType);
  if (headerLength !== undefined) reply.header(HEADER, headerLength);
  const [first] = chunks;
  return reply.send(
    chunks.length === 1 && typeof first === "string"
      ? first
      : Buffer.concat(chunks as Uint8Array[]),
  );
}
