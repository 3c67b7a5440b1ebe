import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { HTTP_STATUS, type TensorSpec } from "@longshore/core";
import type { ModelDescription } from "./describe.ts";
import { toOpenApi } from "./openapi.ts";

const pixels: TensorSpec = { name: "pixels", datatype: "FP32", shape: ["N", 4] };
const label: TensorSpec = { name: "label", datatype: "INT64", shape: ["N"] };
const scores: TensorSpec = {
  name: "scores",
  datatype: "FP32",
  shape: ["N", 2],
  labels: ["no", "yes"],
};

function describe(model: Partial<ModelDescription>): ModelDescription {
  const signature = { inputs: [pixels], outputs: [label, scores] };
  return {
    name: "m",
    version: "1",
    isDefault: true,
    signature,
    batchable: true,
    maxBatchSize: 8,
    ...model,
  };
}

const MODELS = [
  describe({ name: "old", isDefault: false }),
  describe({
    name: "old",
    version: "2",
    description: "Two versions.",
    example: { inputs: { pixels: [[1, 2, 3, 4]] } },
  }),
  describe({
    name: "mixed",
    signature: {
      inputs: [
        { name: "text", datatype: "BYTES", shape: ["N", 1] },
        { name: "flag", datatype: "BOOL", shape: ["N", 1] },
        { name: "count", datatype: "UINT64", shape: ["N"] },
      ],
      outputs: [{ name: "y", datatype: "FP64", shape: ["N", "?"] }],
    },
  }),
  describe({
    name: "fixed scalar.é{x}/",
    signature: {
      inputs: [
        { name: "a", datatype: "FP16", shape: [] },
        { name: "constructor", datatype: "INT8", shape: [2, 2] },
      ],
      outputs: [{ name: "b", datatype: "UINT8", shape: [] }],
    },
  }),
  describe({
    name: "image",
    signature: {
      inputs: [{ name: "x", datatype: "FP32", shape: ["N", 3, 224, 224] }],
      outputs: [label],
    },
  }),
  describe({
    name: "overflow",
    signature: {
      inputs: [{ name: "x", datatype: "FP32", shape: [2 ** 40, 2 ** 40] }],
      outputs: [label],
    },
  }),
];

const api = document(MODELS);

test("is a valid OpenAPI 3.1 document", async () => {
  for (const models of [MODELS, []]) {
    const result = await new Validator().validate(document(models));
    assert.deepEqual(result.valid ? [] : result.errors, []);
  }
});

test("every reference leads somewhere", () => {
  const references = JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/g);
  for (const [, reference = ""] of references) assert.ok(at(reference), reference);
});

test("every error code that an operation can meet is described", () => {
  const described = JSON.stringify(at("#/components/responses"));
  for (const [code, status] of Object.entries(HTTP_STATUS)) {
    if (![405, 499, 502].includes(status)) assert.ok(described.includes(`\`${code}\``), code);
  }
});

test("each model has concrete inference routes; only a default version has those without a version", () => {
  const paths = Object.keys(api["paths"] as object);
  const inference = paths.filter((path) => path.startsWith("/predict") || path.endsWith("/infer"));
  assert.deepEqual(inference.slice(0, 4), [
    "/v2/models/old/versions/1/infer",
    "/predict/old",
    "/v2/models/old/infer",
    "/v2/models/old/versions/2/infer",
  ]);
  assert.ok(inference.includes("/predict/fixed%20scalar.%C3%A9%7Bx%7D%2F"));
  assert.equal(inference.length, 1 + 3 * 5);
  for (const path of [
    "/v2",
    "/metrics",
    "/v2/models/{model}/config",
    "/v2/repository/models/{model}/load",
  ]) {
    assert.ok(paths.includes(path), path);
  }
});

test("operations are named once each", () => {
  const names = [...JSON.stringify(api).matchAll(/"operationId":"([^"]+)"/g)].map(
    (match) => match[1],
  );
  assert.equal(new Set(names).size, names.length);
});

test("versions share a tag, whose description is that of the default", () => {
  const tags = api["tags"] as {
    name: string;
    description: string;
    "x-longshore-versions"?: { version: string }[];
  }[];
  const old = tags.find((tag) => tag.name === "old");
  assert.equal(old?.description, "Two versions.");
  assert.deepEqual(
    old?.["x-longshore-versions"]?.map((item) => item.version),
    ["1", "2"],
  );
  assert.equal(tags.length, 6);
});

test("names that differ only in characters a component may not hold stay apart", () => {
  const names = ["a b", "a.b", "a/b", "a.20.b", "a_b", "a"];
  const schemas = document(names.map((name) => describe({ name })))["components"] as {
    requestBodies: object;
  };
  const keys = Object.keys(schemas.requestBodies);
  assert.equal(keys.length, 2 * names.length);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9._-]+$/);
});

test("every example satisfies its schema, in plain JSON and in v2", () => {
  const bodies = Object.entries(at("#/components/requestBodies") as Record<string, Body>);
  let examples = 0;
  for (const [key, { content }] of bodies) {
    const value = content["application/json"].examples?.working.value;
    if (value === undefined) continue;
    examples++;
    accepts(content["application/json"].schema.$ref, value, key);
  }
  // Four of the six descriptions are small enough, each in both forms.
  assert.equal(examples, 8);
});

test("the plain schema takes each natural form, and nothing else", () => {
  const request = schemaOf("/predict/old");
  const row = [1, 2, 3, 4];
  for (const inputs of [row, [row, row], { pixels: row }, { pixels: [row] }, [{ pixels: row }]]) {
    accepts(request, { inputs }, JSON.stringify(inputs));
  }
  for (const inputs of [
    7,
    [1, 2, 3],
    [[row]],
    { pixel: row },
    {},
    [{ pixels: row, more: 1 }],
    ["1", "2", "3", "4"],
  ]) {
    rejects(request, { inputs }, JSON.stringify(inputs));
  }
  accepts(
    schemaOf("/predict/mixed"),
    { inputs: [{ text: "a", flag: true, count: 2 }] },
    "bare values in a row",
  );
  rejects(
    schemaOf("/predict/mixed"),
    { inputs: { text: [["a"]], flag: [[1]], count: [2] } },
    "1 for a boolean",
  );
  rejects(request, { inputs: row, outputs: ["other"] }, "unknown output");
});

test("the answer's schema has a classifier's scores by label", () => {
  const answer = "#/components/schemas/old.v2.PredictAnswer";
  const of = (outputs: unknown): object => ({ id: "a", model: "old", version: "2", outputs });
  accepts(answer, of({ label: [1], scores: [{ no: 0.1, yes: 0.9 }] }), "columns");
  accepts(answer, of({ scores: { no: 0.1, yes: 0.9 } }), "one row, one output");
  accepts(answer, of([{ label: 1, scores: { no: 0.1, yes: 0.9 } }]), "rows");
  rejects(answer, of({ scores: [{ maybe: 1 }] }), "unknown label");
  rejects(answer, of({ scores: [[0.1, 0.9]] }), "no labels");
});

test("the v2 schema takes JSON and binary inputs, and rejects what is not the model's", () => {
  const request = schemaOf("/v2/models/old/infer");
  const input = { name: "pixels", shape: [1, 4], datatype: "FP32" };
  accepts(request, { inputs: [{ ...input, data: [1, 2, 3, 4] }] }, "flat");
  accepts(request, { inputs: [{ ...input, data: [[1, 2, 3, 4]] }] }, "nested");
  accepts(request, { inputs: [{ ...input, parameters: { binary_data_size: 16 } }] }, "binary");
  rejects(request, { inputs: [{ ...input, shape: [1, 5] }] }, "shape");
  rejects(request, { inputs: [{ ...input, shape: [4] }] }, "rank");
  rejects(request, { inputs: [{ ...input, datatype: "FP64" }] }, "type");
  rejects(request, { inputs: [{ ...input, data: ["1"] }] }, "text");
  rejects(request, { inputs: [] }, "nothing");
});

test("a large model has a binary example instead, and an absurd one has none", () => {
  const [image, overflow] = ["image", "overflow"].map(
    (name) => at(`#/components/requestBodies/${name}.v1.Infer`) as Body,
  );
  assert.match(image?.description ?? "", /more than 2000 elements/);
  assert.deepEqual(image?.content["application/octet-stream"]["x-longshore-json-part"], {
    inputs: [
      {
        name: "x",
        shape: [1, 3, 224, 224],
        datatype: "FP32",
        parameters: { binary_data_size: 4 * 3 * 224 * 224 },
      },
    ],
  });
  assert.match(overflow?.description ?? "", /more than 2000 elements/);
  assert.deepEqual(overflow?.content["application/octet-stream"], {});
});

interface Body {
  readonly description?: string;
  readonly content: {
    readonly "application/json": {
      readonly schema: { readonly $ref: string };
      readonly examples?: { readonly working: { readonly value: unknown } };
    };
    readonly "application/octet-stream": Readonly<Record<string, unknown>>;
  };
}

/** The document as a client gets it. */
function document(models: readonly ModelDescription[]): Record<string, unknown> {
  const text = JSON.stringify(toOpenApi({ name: "longshore", version: "0.1.0", models }));
  return JSON.parse(text) as Record<string, unknown>;
}

function at(reference: string): unknown {
  const keys = reference.slice(2).split("/");
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    api,
  );
}

function schemaOf(path: string): string {
  const paths = api["paths"] as Record<string, { post: { requestBody: { $ref: string } } }>;
  const body = at(paths[path]?.post.requestBody.$ref ?? "") as Body;
  return body.content["application/json"].schema.$ref;
}

function accepts(reference: string, value: unknown, what: string): void {
  const validate = compile(reference);
  assert.ok(validate(value), `${what}: ${JSON.stringify(validate.errors)}`);
}

function rejects(reference: string, value: unknown, what: string): void {
  assert.ok(!compile(reference)(value), `${what} is accepted`);
}

function compile(reference: string): ValidateFunction {
  // Not strict: number formats and the keywords of OpenAPI are no part of JSON Schema.
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.compile({ $ref: reference, components: api["components"] });
}
