import { INFERENCE_ERRORS } from "./errors.ts";
import type { ModelDescription } from "./describe.ts";
import { type Example, toBinaryExample, toPredictExample, toV2Example } from "./example.ts";
import { predictAnswer, predictRequest } from "./predict.ts";
import type { Json } from "./schema.ts";
import { BINARY_CONTENT, HEADER_LENGTH, v2Answer, v2Request } from "./v2.ts";

/**
 * The inference routes of one version of a model, with its own schemas and example. The version
 * that answers calls without a version also has those.
 */
export function modelPaths(model: ModelDescription): Json {
  const name = encodeURIComponent(model.name);
  const versioned = `/v2/models/${name}/versions/${encodeURIComponent(model.version)}/infer`;
  const paths = { [versioned]: { post: v2Operation(model, "infer_version") } };
  if (!model.isDefault) return paths;
  return {
    [`/predict/${name}`]: { post: predictOperation(model) },
    [`/v2/models/${name}/infer`]: { post: v2Operation(model, "infer") },
    ...paths,
  };
}

/** What {@link modelPaths} refers to, by kind of component. */
export function modelComponents(model: ModelDescription): {
  schemas: Json;
  requestBodies: Json;
  responses: Json;
} {
  const plain = toPredictExample(model.signature, model.example);
  const v2 = toV2Example(model.signature, plain);
  const key = componentKey(model);
  return {
    schemas: {
      [`${key}.PredictRequest`]: predictRequest(model),
      [`${key}.PredictAnswer`]: predictAnswer(model),
      [`${key}.InferRequest`]: v2Request(model),
      [`${key}.InferAnswer`]: v2Answer(model),
    },
    requestBodies: {
      [`${key}.Predict`]: requestBody(plain, schemaRef(model, "PredictRequest")),
      [`${key}.Infer`]: requestBody(v2, schemaRef(model, "InferRequest"), binaryBody(model, v2)),
    },
    responses: {
      [`${key}.Predict`]: response(schemaRef(model, "PredictAnswer")),
      [`${key}.Infer`]: {
        ...response(schemaRef(model, "InferAnswer"), BINARY_CONTENT),
        headers: { "Inference-Header-Content-Length": HEADER_LENGTH },
      },
    },
  };
}

/** The tag that groups a model's routes, and what the page shows of it beside them. */
export function modelTag(versions: readonly ModelDescription[]): Json {
  const main = versions.find((version) => version.isDefault) ?? versions[0];
  return {
    name: main?.name,
    ...(main?.description === undefined ? {} : { description: main.description }),
    "x-longshore-versions": versions.map(
      ({ version, isDefault, description, signature, batchable, maxBatchSize }) => ({
        version,
        isDefault,
        ...(description === undefined ? {} : { description }),
        ...signature,
        batchable,
        maxBatchSize,
      }),
    ),
  };
}

function predictOperation(model: ModelDescription): Json {
  const key = componentKey(model);
  return {
    tags: [model.name],
    operationId: `predict.${key}`,
    summary: `Ask ${model.name} in natural JSON`,
    requestBody: { $ref: `#/components/requestBodies/${key}.Predict` },
    responses: { 200: { $ref: `#/components/responses/${key}.Predict` }, ...INFERENCE_ERRORS },
  };
}

function v2Operation(model: ModelDescription, verb: string): Json {
  const key = componentKey(model);
  return {
    tags: [model.name],
    operationId: `${verb}.${key}`,
    summary: `Ask ${model.name} by the Open Inference Protocol v2`,
    description:
      "Tensors travel as JSON, or as raw bytes after the JSON (binary tensor extension): see the header " +
      "`Inference-Header-Content-Length`.",
    parameters: [{ $ref: "#/components/parameters/headerLength" }],
    requestBody: { $ref: `#/components/requestBodies/${key}.Infer` },
    responses: { 200: { $ref: `#/components/responses/${key}.Infer` }, ...INFERENCE_ERRORS },
  };
}

function requestBody(example: Example, schema: Json, more: Json = {}): Json {
  const examples = "value" in example ? { examples: { working: { value: example.value } } } : {};
  return {
    ...("missing" in example ? { description: example.missing } : {}),
    required: true,
    content: { "application/json": { schema, ...examples }, ...more },
  };
}

/** The page makes its call of this extension where there is no example in JSON. */
function binaryBody({ signature }: ModelDescription, v2: Example): Json {
  const jsonPart = "missing" in v2 ? toBinaryExample(signature) : undefined;
  return jsonPart === undefined
    ? BINARY_CONTENT
    : { "application/octet-stream": { "x-longshore-json-part": jsonPart } };
}

function response(schema: Json, more: Json = {}): Json {
  return { description: "The outputs.", content: { "application/json": { schema }, ...more } };
}

function schemaRef(model: ModelDescription, kind: string): Json {
  return { $ref: `#/components/schemas/${componentKey(model)}.${kind}` };
}

/**
 * A key for components, which may hold only `A-Z a-z 0-9 . _ -`. Other characters of the name,
 * and its dots, become their code between dots, so that two models never share a key.
 */
function componentKey({ name, version }: ModelDescription): string {
  return `${escapeKey(name)}.v${escapeKey(version)}`;
}

function escapeKey(text: string): string {
  return text.replace(
    /[^A-Za-z0-9_-]/gu,
    (character) => `.${character.codePointAt(0)?.toString(16)}.`,
  );
}
