import type { FastifyInstance } from "fastify";
import { fail, readJson, type JsonValue } from "@longshore/core";
import type { ServerContext } from "../app.ts";

interface ModelParams {
  Params: { model: string };
}

/** The model repository extension: index, load, unload. */
export async function repositoryRoutes(
  app: FastifyInstance,
  { host, limits }: ServerContext,
): Promise<void> {
  const { registry } = host;

  const fieldsOf = (body: unknown): Readonly<Record<string, JsonValue>> => {
    if (!(body instanceof Uint8Array) || body.length === 0) return {};
    const value = readJson(body, limits.maxDepth);
    if (isObject(value)) return value;
    throw fail("FIELD_TYPE", {
      field: "body",
      where: "",
      expected: "an object",
      got: kindOf(value),
    });
  };

  app.post("/v2/repository/index", async (request) => {
    const { ready } = fieldsOf(request.body);
    return registry.index().filter((entry) => ready !== true || entry.state === "READY");
  });

  app.post<ModelParams>("/v2/repository/models/:model/load", async (request, reply) => {
    const { parameters } = fieldsOf(request.body);
    const names = Object.keys(parameters ?? {});
    if (names.length > 0) {
      throw fail("PARAMETER_INVALID", {
        parameter: names[0]!,
        where: "",
        expected: "no parameters, as models are loaded from the repository folder as they are",
        got: "one",
      });
    }
    await registry.load(request.params.model);
    return reply.code(200).send();
  });

  app.post<ModelParams>("/v2/repository/models/:model/unload", async (request, reply) => {
    fieldsOf(request.body);
    await registry.unload(request.params.model);
    return reply.code(200).send();
  });
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: JsonValue): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
