import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { toOpenApi } from "./openapi.ts";

test("the routes of TensorFlow Serving are described", () => {
  const api = toOpenApi({ name: "longshore", version: "0.1.0", models: [] });
  const paths = Object.keys(api["paths"] as object).filter((path) => path.startsWith("/v1/"));
  assert.equal(paths.length, 15);
  for (const path of [
    "/v1/models/{model}",
    "/v1/models/{model}/metadata",
    "/v1/models/{model}/versions/{version}:predict",
    "/v1/models/{model}/labels/{label}:classify",
  ])
    assert.ok(paths.includes(path), path);
});

test("the schemas take what the routes take", () => {
  const { components } = toOpenApi({ name: "longshore", version: "0.1.0", models: [] });
  const accepts = (name: string, value: unknown): boolean => {
    const ajv = new Ajv2020({ strict: false });
    return ajv.compile({ $ref: `#/components/schemas/${name}`, components })(value) as boolean;
  };
  assert.ok(accepts("TensorFlowPredict", { signature_name: "", instances: [1] }));
  assert.ok(accepts("TensorFlowPredict", { inputs: { x: 1 } }));
  assert.ok(accepts("TensorFlowExamples", { examples: [{ x: 1 }], context: { y: "a" } }));
  for (const value of [
    {},
    { instances: [1], inputs: [1] },
    { instances: [] },
    { instances: [1], signature_name: "x" },
  ])
    assert.ok(!accepts("TensorFlowPredict", value), JSON.stringify(value));
  assert.ok(!accepts("TensorFlowExamples", { examples: [] }));
});
