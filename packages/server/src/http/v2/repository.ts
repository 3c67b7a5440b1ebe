import type { FastifyInstance } from "fastify";
import { fail, readJson, type JsonValue, type LongshoreError } from "@longshore/core";
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
    throw wrongKind("body", "an object", value);
  };

  app.post("/v2/repository/index", async (request) => {
    const { ready = false } = fieldsOf(request.body);
    if (typeof ready !== "boolean") throw wrongKind("ready", "true or false", ready);
    return registry.index().filter((entry) => !ready || entry.state === "READY");
  });

  app.post<ModelParams>("/v2/repository/models/:model/load", async (request, reply) => {
    const { parameters = {} } = fieldsOf(request.body);
    if (!isObject(parameters)) throw wrongKind("parameters", "an object", parameters);
    const names = Object.keys(parameters);
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

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongKind(field: string, expected: string, value: JsonValue): LongshoreError {
  const got = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
  return fail("FIELD_TYPE", { field, where: "", expected, got });
}
