import { mediaTypeOf } from "../../processing/mediaTypes.ts";
import { INFERENCE_ERRORS } from "./errors.ts";
import type { ModelDescription } from "./describe.ts";
import { type Example, toBinaryExample, toPredictExample, toV2Example } from "./example.ts";
import { predictAnswer, predictRequest, rowSchemas } from "./predict.ts";
import { otherContents } from "./termsBody.ts";
import { toTermsExample } from "./termsExample.ts";
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
  const { signature, terms } = model;
  const tensors = toPredictExample(signature, terms === undefined ? model.example : undefined);
  const plain = terms === undefined ? tensors : toTermsExample(terms, model.example);
  const v2 = toV2Example(signature, tensors);
  const key = componentKey(model);
  return {
    schemas: {
      [`${key}.PredictRequest`]: predictRequest(model),
      [`${key}.PredictAnswer`]: predictAnswer(model),
      [`${key}.InferRequest`]: v2Request(model),
      [`${key}.InferAnswer`]: v2Answer(model),
    },
    requestBodies: {
      [`${key}.Predict`]: requestBody(
        plain,
        schemaRef(model, "PredictRequest"),
        terms === undefined ? {} : otherContents(terms, plain),
      ),
      [`${key}.Infer`]: requestBody(v2, schemaRef(model, "InferRequest"), binaryBody(model, v2)),
    },
    responses: {
      [`${key}.Predict`]: response(
        schemaRef(model, "PredictAnswer"),
        terms === undefined ? {} : OTHER_ANSWERS,
      ),
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
    "x-longshore-versions": versions.map(describeVersion),
  };
}

function describeVersion(model: ModelDescription): Json {
  const { version, isDefault, description, task, signature, terms } = model;
  return {
    version,
    isDefault,
    ...(description === undefined ? {} : { description }),
    ...(task === undefined ? {} : { task }),
    ...signature,
    ...(terms === undefined
      ? {}
      : {
          fields: terms.inputs,
          answers: terms.outputs,
          takes: terms.takes.map(mediaTypeOf),
          maxRows: terms.maxRows,
        }),
    row: rowSchemas(model),
    batchable: model.batchable,
    maxBatchSize: model.maxBatchSize,
  };
}

function predictOperation(model: ModelDescription): Json {
  const key = componentKey(model);
  return {
    tags: [model.name],
    operationId: `predict.${key}`,
    summary:
      model.terms === undefined
        ? `Ask ${model.name} in natural JSON`
        : `Ask ${model.name} in its own terms`,
    ...(model.terms === undefined ? {} : { description: ACCEPT }),
    requestBody: { $ref: `#/components/requestBodies/${key}.Predict` },
    responses: { 200: { $ref: `#/components/responses/${key}.Predict` }, ...INFERENCE_ERRORS },
  };
}

const ACCEPT =
  "The answer is JSON in the form of the request. With `Accept: text/csv` or `application/jsonl` it is a " +
  "row a line. `Server-Timing` tells the milliseconds before the model, in its queue, in its run, and " +
  "after it.";

/** How else rows can be answered. */
const OTHER_ANSWERS: Json = {
  "text/csv": { schema: { type: "string" } },
  "application/jsonl": { schema: { type: "string" } },
};

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
