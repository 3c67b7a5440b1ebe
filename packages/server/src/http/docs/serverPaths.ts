import { DATATYPES } from "@longshore/core";
import { errorsOf } from "./errors.ts";
import { exactObject, type Json } from "./schema.ts";

/** Their group. A model cannot be named so: names hold no slash. */
export const SERVER_TAG = "Server / repository";

/** The routes that are the same for every model, and those of the server as a whole. */
export function serverPaths(): Json {
  return {
    "/v2": {
      get: operation(
        "serverMetadata",
        "Server: name, version, extensions",
        ok(ref("ServerMetadata")),
      ),
    },
    "/v2/health/live": { get: operation("serverLive", "Server: is it alive", EMPTY) },
    "/v2/health/ready": {
      get: operation("serverReady", "Server: does it take requests", {
        ...EMPTY,
        ...errorsOf(503),
      }),
    },
    "/v2/models/stats": {
      get: operation("allStatistics", "Models: statistics of all", ok(ref("Statistics"))),
    },
    ...modelRoutes("/v2/models/{model}", "model", [MODEL]),
    ...modelRoutes("/v2/models/{model}/versions/{version}", "version", [MODEL, VERSION]),
    "/v2/repository/index": {
      post: operation(
        "repositoryIndex",
        "Repository: every model, loaded or not",
        ok(ref("RepositoryIndex")),
      ),
    },
    "/v2/repository/models/{model}/load": {
      parameters: [MODEL],
      post: operation("loadModel", "Repository: load a model, or load it again", {
        ...EMPTY,
        ...errorsOf(400, 404),
      }),
    },
    "/v2/repository/models/{model}/unload": {
      parameters: [MODEL],
      post: operation("unloadModel", "Repository: unload a model", {
        ...EMPTY,
        ...errorsOf(400, 404),
      }),
    },
    "/metrics": {
      get: operation("metrics", "Server: metrics for Prometheus", {
        200: {
          description: "Prometheus text format.",
          content: { "text/plain": { schema: { type: "string" } } },
        },
      }),
    },
  };
}

function modelRoutes(path: string, what: "model" | "version", parameters: readonly Json[]): Json {
  const get = (name: string, summary: string, responses: Json): Json => ({
    parameters,
    get: operation(`${what}${name}`, `Model: ${summary}`, { ...responses, ...errorsOf(404) }),
  });
  return {
    [path]: get("Metadata", "inputs and outputs", ok(ref("ModelMetadata"))),
    [`${path}/ready`]: get("Ready", "is it ready", { ...EMPTY, ...errorsOf(503) }),
    [`${path}/config`]: get("Config", "how it is run", ok(ref("ModelConfig"))),
    [`${path}/stats`]: get("Statistics", "statistics", ok(ref("Statistics"))),
  };
}

/** The schemas that the routes of {@link serverPaths} refer to. */
export function serverSchemas(): Json {
  return {
    ServerMetadata: object(
      { name: TEXT, version: TEXT, extensions: list(TEXT) },
      "name",
      "version",
      "extensions",
    ),
    ModelMetadata: object(
      {
        name: TEXT,
        versions: list(TEXT),
        platform: TEXT,
        inputs: list(ref("TensorMetadata")),
        outputs: list(ref("TensorMetadata")),
      },
      "name",
      "versions",
      "platform",
      "inputs",
      "outputs",
    ),
    TensorMetadata: object(
      {
        name: TEXT,
        datatype: { type: "string", enum: Object.keys(DATATYPES) },
        shape: list({ type: "integer", minimum: -1, description: "-1 for an axis of any length" }),
      },
      "name",
      "datatype",
      "shape",
    ),
    ModelConfig: object(
      {
        name: TEXT,
        platform: TEXT,
        max_batch_size: COUNT,
        input: list(ref("TensorConfig")),
        output: list(ref("TensorConfig")),
      },
      "name",
    ),
    TensorConfig: object(
      {
        name: TEXT,
        data_type: { type: "string", examples: ["TYPE_FP32"] },
        dims: list({ type: "integer" }),
      },
      "name",
      "data_type",
      "dims",
    ),
    Statistics: object({ model_stats: list(ref("ModelStatistics")) }, "model_stats"),
    ModelStatistics: object(
      {
        name: TEXT,
        version: TEXT,
        last_inference: {
          type: "integer",
          description: "Milliseconds since 1970; 0 before the first.",
        },
        inference_count: { ...COUNT, description: "Rows." },
        execution_count: { ...COUNT, description: "Runs: one a batch." },
        inference_stats: {
          type: "object",
          description: "By phase.",
          propertyNames: { enum: PHASES },
          additionalProperties: ref("Duration"),
        },
        batch_stats: list({ type: "object", properties: { batch_size: COUNT } }),
      },
      "name",
      "version",
      "inference_count",
      "execution_count",
      "inference_stats",
    ),
    Duration: exactObject({ count: COUNT, ns: { ...COUNT, description: "Nanoseconds in all." } }),
    RepositoryIndex: list(
      object(
        {
          name: TEXT,
          version: TEXT,
          state: TEXT,
          reason: { type: "string", description: "Why it is not ready." },
        },
        "name",
      ),
    ),
  };
}

const PHASES = [
  "success",
  "fail",
  "queue",
  "compute_input",
  "compute_infer",
  "compute_output",
  "cache_hit",
  "cache_miss",
];

const TEXT: Json = { type: "string" };
const COUNT: Json = { type: "integer", minimum: 0 };
const MODEL: Json = { $ref: "#/components/parameters/model" };
const VERSION: Json = { $ref: "#/components/parameters/version" };
const EMPTY: Json = { 200: { description: "Yes; without a body." } };

function operation(operationId: string, summary: string, responses: Json): Json {
  return { tags: [SERVER_TAG], operationId, summary, responses };
}

function ok(schema: Json): Json {
  return { 200: { description: "The answer.", content: { "application/json": { schema } } } };
}

function ref(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}

function list(items: Json): Json {
  return { type: "array", items };
}

/** Open: a server may say more than is promised here. */
function object(properties: Readonly<Record<string, Json>>, ...required: readonly string[]): Json {
  return { type: "object", properties, required };
}
