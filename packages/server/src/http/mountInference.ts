import type { FastifyInstance } from "fastify";
import type { ServerContext } from "./app.ts";
import { bodyOf, pathOf } from "./body.ts";
import { ClientGone, type InferenceCall, type InferenceRoute } from "./inferenceRoute.ts";

/** Mounts routes of inference in Fastify, with everything that the application hooks into it. */
export function mountInference(
  app: FastifyInstance,
  routes: readonly InferenceRoute[],
  { limits }: ServerContext,
): void {
  const options = { config: { limited: true }, bodyLimit: limits.maxBodyBytes };
  for (const { path, answer } of routes) {
    app.post<{ Params: InferenceCall["params"] }>(path, options, async (request, reply) => {
      const signal = new ClientGone();
      reply.raw.once("close", () => {
        if (!reply.raw.writableFinished) signal.abort();
      });
      const { params, headers: given, id } = request;
      const call = {
        params,
        path: pathOf(request),
        headers: given,
        id,
        body: bodyOf(request),
        signal,
      };
      const { headers, body } = await answer(call);
      return reply.headers(headers).send(body);
    });
  }
}
