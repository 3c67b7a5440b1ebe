import type { ModelDescription, ServerDescription } from "./describe.ts";
import { ERROR_SCHEMA, errorComponents } from "./errors.ts";
import { modelComponents, modelPaths, modelTag } from "./modelPaths.ts";
import { PREDICT_PARAMETERS, V2_PARAMETERS } from "./parameters.ts";
import type { Json } from "./schema.ts";
import { SERVER_TAG, serverPaths, serverSchemas } from "./serverPaths.ts";
import { tensorFlowPaths, tensorFlowSchemas } from "./tfserving.ts";
import { HEADER_LENGTH } from "./v2.ts";

/**
 * The OpenAPI 3.1 document (JSON Schema 2020-12) of what is served.
 *
 * Inference routes are concrete paths, so that each model has its own schemas and example; all
 * other routes are templates. An `x-longshore-versions` beside a model's tag holds its signature
 * as the graph tells it, and the fields of its bundle (`task`, `fields`, `answers`, and what is taken) as `bundle.yaml`
 * has them, for the page of `/docs`.
 */
export function toOpenApi(server: ServerDescription): Json {
  const components = server.models.map((model) => modelComponents(model));
  return {
    openapi: "3.1.1",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: {
      title: server.name,
      version: server.version,
      description: "Models over the Open Inference Protocol v2, and over plain JSON at `/predict`.",
    },
    // Where this document lies, so that a prefix or a proxy in front needs no setting.
    servers: [{ url: "." }],
    tags: [
      ...byName(server.models).map((versions) => modelTag(versions)),
      { name: SERVER_TAG, description: "Health, metadata, repository, metrics." },
    ],
    paths: merge([
      ...server.models.map((model) => modelPaths(model)),
      serverPaths(),
      tensorFlowPaths(),
    ]),
    components: {
      schemas: {
        ...merge(components.map(({ schemas }) => schemas)),
        ...serverSchemas(),
        ...tensorFlowSchemas(),
        PredictParameters: PREDICT_PARAMETERS,
        V2Parameters: V2_PARAMETERS,
        Error: ERROR_SCHEMA,
      },
      requestBodies: merge(components.map(({ requestBodies }) => requestBodies)),
      responses: { ...merge(components.map(({ responses }) => responses)), ...errorComponents() },
      parameters: {
        model: pathParameter("model", "A model's name.", server.models),
        version: pathParameter("version", "A model's version.", server.models),
        headerLength: {
          name: "Inference-Header-Content-Length",
          in: "header",
          required: false,
          ...HEADER_LENGTH,
        },
      },
    },
  };
}

function byName(models: readonly ModelDescription[]): ModelDescription[][] {
  return [...Map.groupBy(models, (model) => model.name).values()];
}

function pathParameter(
  name: "model" | "version",
  description: string,
  models: readonly ModelDescription[],
): Json {
  const key = name === "model" ? "name" : "version";
  const examples = [...new Set(models.map((model) => model[key]))];
  return { name, in: "path", required: true, description, schema: { type: "string", examples } };
}

function merge(objects: readonly Json[]): Json {
  return Object.assign({}, ...objects) as Json;
}
