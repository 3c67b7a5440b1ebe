import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { InputField, OutputField } from "@longshore/core/manifest";
import type { ColumnType } from "@longshore/core/pipeline";

import { decodeJsonRecords } from "@longshore/core/records";
import { formatsOf } from "../../processing/mediaTypes.ts";
import type { PipelineTerms } from "../../processing/terms.ts";
import type { ModelDescription } from "./describe.ts";
import { toOpenApi } from "./openapi.ts";

const SIGNATURE: ModelDescription["signature"] = {
  inputs: [{ name: "x", datatype: "FP32", shape: ["N", 4] }],
  outputs: [{ name: "p", datatype: "FP32", shape: ["N", 2] }],
};

const ANSWER = new Map<string, ColumnType>([
  ["diagnosis", { kind: "text" }],
  ["risk", { kind: "number" }],
  ["p", { kind: "tensor", datatype: "FP32", shape: [2], labels: ["no", "yes"] }],
  ["one", { kind: "tensor", datatype: "INT64", shape: [1] }],
  ["boxes", { kind: "json", schema: { type: "array", items: { type: "object" } } }],
]);
const OUTPUTS: Record<string, OutputField> = {
  diagnosis: { type: "category", values: ["benign", "malignant"] },
  risk: { type: "number", unit: "%", range: [0, 100], description: "Of ten years." },
};

function toTerms(inputs: Record<string, InputField>): PipelineTerms {
  return { inputs, outputs: OUTPUTS, answer: ANSWER, takes: formatsOf(inputs), maxRows: 500 };
}

const FIELDS: Record<string, InputField> = {
  age: {
    type: "number",
    unit: "years",
    range: [0, 120],
    integer: true,
    description: "At the visit.",
  },
  size: { type: "number", optional: true, example: 1.5 },
  member: { type: "boolean" },
  city: { type: "category", values: ["Ulm", "Ki,el"], optional: true, example: "Ki,el" },
  day: { type: "date" },
  pulse: { type: "series", minLength: 2 },
  grid: { type: "tensor", datatype: "INT64", shape: [2, 2] },
};
const MODELS = [
  describe("table", toTerms(FIELDS)),
  describe("picture", toTerms({ image: { type: "image" } })),
  describe(
    "sound",
    toTerms({ sound: { type: "audio" }, gain: { type: "number", optional: true } }),
  ),
  describe("review", toTerms({ text: { type: "text", example: "Good, but late." } }), {
    inputs: ["Good."],
  }),
  describe("huge", toTerms({ x: { type: "tensor", datatype: "FP32", shape: [3, 224, 224] } })),
  describe("raw", undefined),
];

function describe(
  name: string,
  terms: PipelineTerms | undefined,
  example?: unknown,
): ModelDescription {
  return {
    name,
    version: "1",
    isDefault: true,
    signature: SIGNATURE,
    batchable: true,
    maxBatchSize: 8,
    ...(terms && { terms, task: "tabular-classification" }),
    ...(example !== undefined && { example }),
  };
}

type Json = Record<string, any>;
const api = JSON.parse(
  JSON.stringify(toOpenApi({ name: "longshore", version: "0.1.0", models: MODELS })),
) as Json;

function contentOf(model: string): Json {
  return api["components"].requestBodies[`${model}.v1.Predict`].content as Json;
}

function check(model: string, kind: string, value: unknown): string {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile({
    $ref: `#/components/schemas/${model}.v1.${kind}`,
    components: api["components"],
  });
  return validate(value) ? "" : JSON.stringify(validate.errors);
}

test("is a valid OpenAPI 3.1 document", async () => {
  const result = await new Validator().validate(api);
  assert.deepEqual(result.valid ? [] : result.errors, []);
});

test("content types are those that the bundle takes", () => {
  const types = (model: string): string[] => Object.keys(contentOf(model));
  const always = ["application/json", "application/jsonl", "multipart/form-data"];
  assert.deepEqual(types("table").toSorted(), [...always, "text/csv"].toSorted());
  assert.deepEqual(types("picture").toSorted(), [...always, "image/*"].toSorted());
  assert.deepEqual(types("sound").toSorted(), [...always, "audio/wav"].toSorted());
  assert.deepEqual(types("review").toSorted(), [...always, "text/csv", "text/plain"].toSorted());
  assert.deepEqual(types("raw"), ["application/json"]);
});

test("fields are shown with units, ranges and choices", () => {
  const { properties, required } =
    api["components"].schemas["table.v1.PredictRequest"].properties.inputs.anyOf[0];
  assert.deepEqual(properties.age, {
    description: "At the visit.",
    "x-unit": "years",
    type: "integer",
    minimum: 0,
    maximum: 120,
  });
  assert.deepEqual(properties.size.type, ["number", "null"]);
  assert.deepEqual(properties.city.enum, ["Ulm", "Ki,el", null]);
  assert.deepEqual(required, ["age", "member", "day", "pulse", "grid"]);
  const tag = api["tags"].find(({ name }: Json) => name === "table");
  const [version] = tag["x-longshore-versions"];
  assert.deepEqual(version.fields, FIELDS);
  assert.equal(version.task, "tabular-classification");
});

test("examples satisfy their schemas, and are taken by the decoder", () => {
  const limits = { maxDepth: 32, maxElements: 1e6 };
  for (const { name, terms } of MODELS) {
    const example = contentOf(name)["application/json"].examples?.working.value as unknown;
    assert.equal(example === undefined, name === "huge");
    if (example === undefined) continue;
    assert.equal(check(name, "PredictRequest", example), "", name);
    if (terms === undefined) continue;
    const contract = { name, inputs: terms.inputs, answer: terms.answer, maxRows: 10 };
    decodeJsonRecords(new TextEncoder().encode(JSON.stringify(example)), contract, limits);
  }
  assert.equal(contentOf("review")["text/plain"].examples.working.value, "Good.");
  assert.equal(
    contentOf("table")["text/csv"].examples.working.value,
    'age,size,member,city,day,pulse,grid\n60,1.5,true,"Ki,el",2026-11-23,"[0,0]","[[0,0],[0,0]]"\n',
  );
});

test("the request's schema takes each form, and nothing else", () => {
  const row = {
    age: 4,
    member: true,
    day: "2026-11-23",
    pulse: [1, 2],
    grid: [
      [1, 2],
      [3, 4],
    ],
  };
  const columns = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]]));
  for (const inputs of [row, [row], columns, { ...row, city: null, size: null }])
    assert.equal(check("table", "PredictRequest", { inputs, outputs: ["risk"] }), "");
  for (const inputs of ["a", ["a", "b"], { text: "a" }, [{ text: "a" }], { text: ["a"] }])
    assert.equal(check("review", "PredictRequest", { inputs }), "");
  for (const inputs of [{ ...row, more: 1 }, { ...row, age: 1.5 }, { ...row, age: null }, {}, 7])
    assert.notEqual(check("table", "PredictRequest", { inputs }), "");
  assert.notEqual(check("table", "PredictRequest", { inputs: row, outputs: ["other"] }), "");
});

test("the answer's schema has the outputs of the bundle, and flags", () => {
  const row = { diagnosis: "benign", risk: null, p: { no: 1, yes: 0 }, one: 3, boxes: [{}] };
  const answer = (outputs: unknown, more: object = {}): object => ({
    id: "a",
    model: "table",
    version: "1",
    outputs,
    ...more,
  });
  const columns = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]]));
  for (const outputs of [row, [row], columns, { risk: 1 }])
    assert.equal(check("table", "PredictAnswer", answer(outputs)), "");
  const flags = [
    { row: 0, field: "age", rule: "range", message: "…" },
    { row: 1, rule: "distance", message: "…" },
  ];
  assert.equal(check("table", "PredictAnswer", answer(row, { flags })), "");
  for (const outputs of [{ diagnosis: "none" }, { risk: 101 }, { p: [0, 1] }, { z: 1 }])
    assert.notEqual(check("table", "PredictAnswer", answer(outputs)), "");
});
