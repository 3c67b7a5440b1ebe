import assert from "node:assert/strict";
import { test } from "node:test";
import { LongshoreError, type ErrorCode } from "../errors.ts";
import { content, toModel } from "./fixtures.test.ts";
import type { PredictRequest } from "./messages/predict.ts";
import { toServableSpec } from "./modelSpec.ts";
import { toPredictRequest, toPredictResponse } from "./predictMessage.ts";

const LIMITS = { maxElements: 1000, hold: (): void => undefined };
const MODEL = toModel(
  [
    { name: "a", datatype: "FP32", shape: ["N"] },
    { name: "b", datatype: "INT64", shape: [] },
  ],
  [
    { name: "y", datatype: "FP32", shape: ["N"] },
    { name: "z", datatype: "FP32", shape: ["N"] },
  ],
);
const a = { dtype: 1, tensor_shape: { dim: [{ size: 2 }] }, float_val: Float32Array.of(1, 2) };
const b = { dtype: 9, int64_val: BigInt64Array.of(7n) };

test("inputs by name, and the outputs that are wanted", () => {
  const request = toPredictRequest({ inputs: { b, a } }, MODEL, LIMITS);
  assert.deepEqual(content(request.inputs), { a: [[2], [1, 2]], b: [[], [7n]] });
  assert.equal(request.outputs, undefined);
  for (const signature_name of ["", "serving_default"]) {
    const message = { model_spec: { name: "m", signature_name }, inputs: { a, b } };
    assert.deepEqual(
      toPredictRequest({ ...message, output_filter: ["z"] }, MODEL, LIMITS).outputs,
      ["z"],
    );
  }
});

test("what is wrong is told", () => {
  const cases: readonly [ErrorCode, PredictRequest][] = [
    ["SIGNATURE_UNKNOWN", { model_spec: { name: "m", signature_name: "other" }, inputs: { a, b } }],
    ["INPUT_MISSING", { inputs: { a } }],
    ["INPUT_MISSING", {}],
    ["INPUT_UNKNOWN", { inputs: { a, b, c: b } }],
    ["OUTPUT_UNKNOWN", { inputs: { a, b }, output_filter: ["x"] }],
    ["OUTPUT_DUPLICATE", { inputs: { a, b }, output_filter: ["y", "y"] }],
  ];
  for (const [code, message] of cases)
    assert.throws(
      () => toPredictRequest(message, MODEL, LIMITS),
      (error) => error instanceof LongshoreError && error.code === code,
      code,
    );
});

test("which version of which model", () => {
  assert.deepEqual(toServableSpec({ name: "m" }), { model: "m" });
  assert.deepEqual(toServableSpec({ name: "m", version: { value: 3n } }), {
    model: "m",
    version: "3",
  });
  assert.deepEqual(toServableSpec({ name: "m", version_label: "stable" }), {
    model: "m",
    label: "stable",
  });
  assert.throws(() => toServableSpec(undefined), /field "model_spec" is missing/);
  assert.throws(() => toServableSpec({ name: "" }), /field "name" is missing in "model_spec"/);
});

test("outputs by name, whatever that is, with the version that gave them", () => {
  const tensor = { datatype: "FP32", shape: [2], data: Float32Array.of(3, 5) } as const;
  const outputs = new Map([
    ["y", tensor],
    ["__proto__", tensor],
  ]);
  const { model_spec, outputs: written } = toPredictResponse({ name: "m", version: "4" }, outputs);
  assert.deepEqual(model_spec, {
    name: "m",
    version: { value: 4n },
    signature_name: "serving_default",
  });
  assert.deepEqual(Object.keys(written!), ["y", "__proto__"]);
  assert.deepEqual(written!["y"], {
    dtype: 1,
    tensor_shape: { dim: [{ size: 2 }] },
    float_val: Float32Array.of(3, 5),
  });
});
