import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LongshoreError } from "../errors.ts";
import type { ModelContract } from "../validate.ts";
import { decodeExamples } from "./examples.ts";
import { content, LIMITS, TABLE, TEXT, toBody, toModel, VECTOR } from "./fixtures.test.ts";

function read(model: ModelContract, body: unknown): ReturnType<typeof content> {
  return content(decodeExamples(toBody(body), model, LIMITS).inputs);
}

const PERSON = toModel([
  { name: "age", datatype: "INT64", shape: ["N", 1] },
  { name: "city", datatype: "BYTES", shape: ["N"] },
]);

test("features become rows, single values and lists of one alike", () => {
  const examples = [
    { age: 41, city: "Rome" },
    { age: [36], city: ["Oslo"] },
  ];
  assert.deepEqual(read(PERSON, { examples }), {
    age: [
      [2, 1],
      [41n, 36n],
    ],
    city: [[2], ["Rome", "Oslo"]],
  });
  assert.equal(decodeExamples(toBody({ examples }), PERSON, LIMITS).count, 2);
});

test("a flat list is laid out as the input's shape, its free axis found", () => {
  const [tag, signal, sensor] = ["x", [1, 2, 3], [1, 2, 3, 4]];
  assert.deepEqual(read(TABLE, { examples: [{ tag, signal, sensor }] }), {
    tag: [[1], ["x"]],
    signal: [
      [1, 3],
      [1, 2, 3],
    ],
    sensor: [
      [1, 2, 2],
      [1, 2, 3, 4],
    ],
  });
  const free = toModel([{ name: "x", datatype: "FP32", shape: ["N", "W", 2] }]);
  assert.deepEqual(read(free, { examples: [{ x: [1, 2, 3, 4, 5, 6] }] })["x"]?.[0], [1, 3, 2]);
});

test("the context belongs to every example, before and after them", () => {
  const rows = [{ age: 41 }, { age: 36 }];
  const expected = {
    age: [
      [2, 1],
      [41n, 36n],
    ],
    city: [[2], ["Rome", "Rome"]],
  };
  assert.deepEqual(read(PERSON, { context: { city: "Rome" }, examples: rows }), expected);
  assert.deepEqual(read(PERSON, { examples: rows, context: { city: "Rome" } }), expected);
});

test("features of no input are passed over, base64 is read", () => {
  const examples = [{ text: { b64: "aGk=" }, other: [1, 2] }, { text: [{ b64: "" }] }];
  assert.deepEqual(read(TEXT, { examples }), { text: [[2], ["hi", ""]] });
});

describe("what is refused", () => {
  const CASES: readonly (readonly [string, ModelContract, unknown, RegExp])[] = [
    ["nothing", VECTOR, "", /^BODY_EMPTY .*"examples"/],
    ["no examples", VECTOR, { instances: [1] }, /^FIELD_MISSING field "examples"/],
    ["none", VECTOR, { examples: [] }, /^FIELD_INVALID .*empty array/],
    ["no array", VECTOR, { examples: { x: 1 } }, /^FIELD_TYPE field "examples"/],
    [
      "an example that is no object",
      VECTOR,
      { examples: [1] },
      /^FIELD_TYPE field "examples\[0\]"/,
    ],
    ["a context that is none", VECTOR, { context: [], examples: [{ x: 1 }] }, /^FIELD_TYPE field "context"/], // prettier-ignore
    ["a nested list", VECTOR, { examples: [{ x: [[1]] }] }, /^FIELD_TYPE field "examples\[0\]\.x"/],
    ["a missing feature", PERSON, { examples: [{ age: 1, city: "a" }, { age: 1 }] }, /^INPUT_MISSING .*examples\[1\]/], // prettier-ignore
    [
      "one in both",
      VECTOR,
      { context: { x: 1 }, examples: [{ x: 1 }] },
      /^FIELD_INVALID .*context too/,
    ],
    [
      "different lengths",
      VECTOR,
      { examples: [{ x: 1 }, { x: [1, 2] }] },
      /^INPUT_RAGGED .*examples\[1\]/,
    ],
    ["a wrong length", TABLE, { examples: [{ tag: "a", signal: [1], sensor: 1 }] }, /^INPUT_MISMATCH input "signal".*1 value an example/], // prettier-ignore
    [
      "an integer written as a float",
      PERSON,
      '{"examples":[{"age":1.0,"city":"a"}]}',
      /^INPUT_ELEMENT/,
    ],
    ["another signature", VECTOR, { signature_name: "x", examples: [{ x: 1 }] }, /not found in signature def/], // prettier-ignore
    ["a product that is too large", toModel([{ name: "x", datatype: "FP32", shape: ["N", "W"] }]), { context: { x: Array(1000).fill(1) }, examples: Array(11).fill({}) }, /^INPUT_TOO_LARGE .*11000/], // prettier-ignore
  ];
  for (const [name, model, body, expected] of CASES) {
    test(name, () => {
      assert.throws(
        () => decodeExamples(toBody(body), model, LIMITS),
        (error) => {
          assert.ok(error instanceof LongshoreError, String(error));
          assert.match(`${error.code} ${error.message}`, expected);
          return true;
        },
      );
    });
  }
});
