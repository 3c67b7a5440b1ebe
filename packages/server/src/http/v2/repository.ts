import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../app.ts";
import { badParameter, readLoadParameters } from "./loadParameters.ts";
import { readFields, requireObject, wrongKind, type JsonFields } from "./jsonBody.ts";

interface ModelParams {
  Params: { model: string };
}

/** The model repository extension: index, load, unload. */
export async function repositoryRoutes(
  app: FastifyInstance,
  { host, limits }: ServerContext,
): Promise<void> {
  const { registry } = host;

  const fieldsOf = (body: unknown): JsonFields => readFields(body, limits.maxDepth);

  app.post("/v2/repository/index", async (request) => {
    const { ready = false } = fieldsOf(request.body);
    if (typeof ready !== "boolean") throw wrongKind("ready", "true or false", ready);
    return registry.index().filter((entry) => !ready || entry.state === "READY");
  });

  app.post<ModelParams>("/v2/repository/models/:model/load", async (request, reply) => {
    const { parameters = {} } = fieldsOf(request.body);
    const wanted = readLoadParameters(requireObject("parameters", parameters));
    await registry.load(request.params.model, wanted);
    return reply.code(200).send();
  });

  app.post<ModelParams>("/v2/repository/models/:model/unload", async (request, reply) => {
    const { parameters = {} } = fieldsOf(request.body);
    let dependents = false;
    for (const [name, value] of Object.entries(requireObject("parameters", parameters))) {
      if (name !== "unload_dependents" || typeof value !== "boolean")
        throw badParameter(name, "unload_dependents, true or false", value);
      dependents = value;
    }
    await registry.unload(request.params.model, dependents);
    return reply.code(200).send();
  });
}
