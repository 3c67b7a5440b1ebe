import { errorsOf, INFERENCE_ERRORS } from "./errors.ts";
import type { Json } from "./schema.ts";
import { SERVER_TAG } from "./serverPaths.ts";

/** The routes of TensorFlow Serving's REST API, which are the same for every model. */
export function tensorFlowPaths(): Json {
  const latest = "/v1/models/{model}";
  const specific = `${latest}/versions/{version}`;
  return {
    ...routes(latest, "", [MODEL]),
    ...routes(specific, "Version", [MODEL, VERSION]),
    ...routes(`${latest}/labels/{label}`, "Label", [MODEL, LABEL]),
  };
}

/** The schemas that the routes of {@link tensorFlowPaths} refer to. */
export function tensorFlowSchemas(): Json {
  return {
    TensorFlowPredict: {
      description: "Rows under `instances`, or whole tensors under `inputs`.",
      type: "object",
      properties: {
        signature_name: SIGNATURE_NAME,
        instances: {
          description: "A value a row or, by input name, an object of values a row.",
          type: "array",
          minItems: 1,
        },
        inputs: { description: "A nested tensor or, by input name, an object of them." },
      },
      oneOf: [{ required: ["instances"] }, { required: ["inputs"] }],
    },
    TensorFlowExamples: {
      type: "object",
      properties: {
        signature_name: SIGNATURE_NAME,
        context: { ...EXAMPLE, description: "Features that all examples have." },
        examples: { type: "array", minItems: 1, items: EXAMPLE },
      },
      required: ["examples"],
    },
    TensorFlowStatus: {
      type: "object",
      properties: {
        model_version_status: {
          type: "array",
          items: {
            type: "object",
            properties: {
              version: { type: "string" },
              state: { enum: ["START", "LOADING", "AVAILABLE", "UNLOADING", "END"] },
              status: {
                type: "object",
                properties: { error_code: { type: "string" }, error_message: { type: "string" } },
              },
            },
            required: ["version", "state", "status"],
          },
        },
      },
      required: ["model_version_status"],
    },
  };
}

const SIGNATURE_NAME: Json = { enum: ["serving_default", ""] };
const EXAMPLE: Json = {
  type: "object",
  description: "Features by name: a value, or a flat list of values.",
};
const MODEL: Json = { $ref: "#/components/parameters/model" };
const VERSION: Json = { $ref: "#/components/parameters/version" };
const LABEL: Json = {
  name: "label",
  in: "path",
  required: true,
  description: "A label that the model config file gives a version.",
  schema: { type: "string" },
};

function routes(path: string, suffix: string, parameters: readonly Json[]): Json {
  /** @param answers the fields of each form of the answer. */
  const ask = (method: string, request: string, ...answers: readonly string[][]): Json => ({
    parameters,
    post: {
      ...operation(`${method}${suffix}`, `${method}${ofWhich(suffix)}`),
      requestBody: { required: true, content: json(ref(request)) },
      responses: {
        200: {
          description: "The outputs; NaN and the infinities as bare words.",
          content: json({ type: "object", anyOf: answers.map((required) => ({ required })) }),
        },
        ...INFERENCE_ERRORS,
        ...errorsOf(504),
      },
    },
  });
  const tell = (subject: string, schema: Json): Json => ({
    parameters,
    get: {
      ...operation(`${subject}${suffix}`, `${subject}${ofWhich(suffix)}`),
      responses: {
        200: { description: "The answer.", content: json(schema) },
        ...errorsOf(400, 404),
      },
    },
  });
  return {
    [path]: tell("status", ref("TensorFlowStatus")),
    [`${path}/metadata`]: tell("metadata", {
      type: "object",
      required: ["model_spec", "metadata"],
    }),
    [`${path}:predict`]: ask("predict", "TensorFlowPredict", ["predictions"], ["outputs"]),
    [`${path}:classify`]: ask("classify", "TensorFlowExamples", ["results"]),
    [`${path}:regress`]: ask("regress", "TensorFlowExamples", ["results"]),
  };
}

function ofWhich(suffix: string): string {
  return suffix === "" ? "" : ` of a ${suffix.toLowerCase()}`;
}

function operation(id: string, what: string): Json {
  return {
    tags: [SERVER_TAG],
    operationId: `tensorFlow.${id}`,
    summary: `TensorFlow Serving: ${what}`,
  };
}

function json(schema: Json): Json {
  return { "application/json": { schema } };
}

function ref(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}
