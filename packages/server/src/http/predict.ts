import type { FastifyInstance } from "fastify";
import { decodePredict, encodePredict } from "@longshore/core";
import type { ServerContext } from "./app.ts";
import { bodyOf } from "./body.ts";
import { toCallContext } from "./call.ts";

interface PredictParams {
  Params: { model: string };
}

/** The route for people: natural JSON in, natural JSON out. */
export async function predictRoutes(
  app: FastifyInstance,
  { host, limits }: ServerContext,
): Promise<void> {
  const options = { config: { limited: true }, bodyLimit: limits.maxBodyBytes };
  app.post<PredictParams>("/predict/:model", options, async (request, reply) => {
    const model = host.registry.get(request.params.model);
    const { request: decoded, timeoutUs, form } = decodePredict(bodyOf(request), model, limits);
    const { outputs } = await model.infer(decoded, toCallContext(reply, model, timeoutUs));
    const { name, version, signature } = model;
    const answer = encodePredict({ model: name, version, outputs }, form, signature);
    return reply.type("application/json").send(answer);
  });
}
