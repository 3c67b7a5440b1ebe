/** What the steps of tables say of bundles that cannot work, and of values that they refuse. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LongshoreError } from "../../errors.ts";
import type { StepExample } from "../example.ts";
import { runStep } from "../exampleFrame.test.ts";
import { StepProblem } from "../step.ts";
import { STEPS } from "../steps.ts";

type Options = StepExample["options"];
type Given = StepExample["given"];

const GIVEN: Given = {
  age: [1, 2],
  height: [1, 2],
  city: ["Oslo", "Rome"],
  x: { datatype: "FP32", shape: [2, 1], data: [0, 0] },
  image: { datatype: "FP32", shape: [2, 1, 1], data: [0, 0] },
  age_missing: [0, 0],
};

function run(name: string, options: Options, given: Given = GIVEN): Promise<unknown> {
  const step = STEPS.find((each) => each.name === name);
  assert.ok(step);
  return runStep(step, { options, given });
}

describe("a bundle that cannot work is told where", () => {
  const age = { columns: ["age"] };
  const cases: [step: string, options: Options, option: string | undefined, message: RegExp][] = [
    [
      "select",
      { columns: ["age", "hight"] },
      "columns.1",
      /no column "hight"; did you mean "height"/,
    ],
    ["select", { columns: ["age", "age"] }, "columns.1", /"age" is named twice/],
    ["select", { drop: ["hight"] }, "drop.0", /no column "hight"/],
    ["select", { columns: ["age"], drop: ["city"] }, undefined, /give either columns or drop/],
    ["select", {}, undefined, /give either columns or drop/],
    ["rename", { columns: { agee: "years" } }, "columns", /no column "agee"; did you mean "age"/],
    ["rename", { columns: { age: "height" } }, "columns", /two columns would be "height"/],
    ["cast", { ...age, to: "number" }, "columns.0", /"age" is of kind number, expected text/],
    ["cast", { columns: ["city"], to: "text" }, "columns.0", /of kind text, expected number/],
    ["impute", { ...age, values: [] }, "values", /0 values for 1 columns/],
    ["impute", { ...age, values: ["x"] }, "values.0", /"age" is a number column, so give a number/],
    ["impute", { columns: ["city"], values: [1] }, "values.0", /is a text column, so give a text/],
    ["impute", { ...age, values: [1], indicators: ["city"] }, "indicators.0", /not among columns/],
    [
      "impute",
      { ...age, values: [1], indicators: true },
      undefined,
      /"age_missing", but there is one/,
    ],
    ["impute", { columns: ["image"], values: [1] }, "columns.0", /expected number or text/],
    ["standardize", { ...age, mean: [1, 2], scale: [1] }, "mean", /2 values for 1 columns/],
    ["standardize", { ...age, mean: [1], scale: [] }, "scale", /0 values for 1 columns/],
    ["standardize", { columns: ["age", "age"], mean: [1, 1], scale: [1, 1] }, "columns.1", /twice/],
    ["robust-scale", { ...age, center: [], scale: [1] }, "center", /0 values for 1 columns/],
    ["min-max", { ...age, data_min: [2], data_max: [1] }, "data_max.0", /less than data_min, 2/],
    [
      "min-max",
      { ...age, data_min: [2], data_max: [3], feature_range: [1, 1] },
      "feature_range",
      /1 is not less than 1/,
    ],
    ["clip", age, undefined, /give min, max or both/],
    ["clip", { ...age, min: [1, 2] }, "min", /2 values for 1 columns/],
    ["clip", { ...age, min: 2, max: [1] }, "min", /"age": 2 is more than 1/],
    ["log", { columns: ["city"] }, "columns.0", /of kind text, expected number/],
    ["bucket", { ...age, edges: [] }, "edges", /0 values for 1 columns/],
    [
      "bucket",
      { ...age, edges: [[1, 3, 3]] },
      "edges.0.2",
      /3 is not more than the edge before it/,
    ],
    ["one-hot", { ...age, categories: [] }, "categories", /0 values for 1 columns/],
    ["one-hot", { ...age, categories: [[1, "2"]] }, "categories.0.1", /write it as a number: 2/],
    ["one-hot", { columns: ["city"], categories: [[1]] }, "categories.0.0", /put it in quotes: 1/],
    ["one-hot", { columns: ["city"], categories: [["a", "a"]] }, "categories.0.1", /twice/],
    [
      "one-hot",
      { columns: ["city"], categories: [["", null]] },
      "categories.0.1",
      /null is there twice/,
    ],
    ["one-hot", { ...age, categories: [[null]] }, "categories.0", /"age" has no categories/],
    ["one-hot", { ...age, categories: [[1, null]] }, undefined, /"age_missing", but there is one/],
    ["ordinal", { columns: ["x"], categories: [[1]] }, "columns.0", /expected number or text/],
    ["hashing", { ...age, n_features: 4, into: "h" }, "columns.0", /expected text/],
    [
      "hashing",
      { columns: ["city"], n_features: 4, into: "x" },
      undefined,
      /"x", but there is one/,
    ],
    ["dates", { columns: ["city"], parts: ["year", "year"] }, "parts.1", /"year" is named twice/],
    [
      "combine",
      { columns: ["image"], into: "y" },
      "columns",
      /FP32\[1,1\] a row, expected FP32 or/,
    ],
    ["combine", { columns: ["city"], into: "y" }, "columns", /expected number or tensor/],
    ["combine", { ...age, into: "y", datatype: "BYTES" }, "columns", /expected text/],
    ["combine", { columns: ["age", "b*"], into: "y" }, "columns.1", /no column is called "b\*"/],
  ];
  for (const [step, options, option, message] of cases) {
    test(`${step}: ${message.source}`, async () => {
      await assert.rejects(run(step, options), (error) => {
        assert.ok(error instanceof StepProblem, String(error));
        assert.match(error.message, message);
        assert.equal(error.option, option);
        return true;
      });
    });
  }
});

describe("a value that a step cannot take is told with its row", () => {
  const sizes = { columns: ["size"], categories: [["S", "M"]] };
  const many = Array.from({ length: 20 }, (_, index) => index);
  const cases: [step: string, options: Options, given: Given, message: string][] = [
    [
      "cast",
      { columns: ["age"], to: "number" },
      { age: ["1", "12,5"] },
      'field "age" in row 1: "12,5" is no number; write it like 12.5',
    ],
    [
      "cast",
      { columns: ["age"], to: "number" },
      { age: ["x".repeat(1000)] },
      `field "age": "${"x".repeat(39)}…" is no number; write it like 12.5`,
    ],
    [
      "one-hot",
      sizes,
      { size: ["S", "XL"] },
      'field "size" in row 1: "XL" is none of the categories S, M',
    ],
    [
      "ordinal",
      sizes,
      { size: ["S", null] },
      'field "size" in row 1: a missing value is none of the categories S, M',
    ],
    [
      "ordinal",
      { columns: ["size"], categories: [many] },
      { size: [0.5] },
      'field "size": 0.5 is none of the categories 0, 1, 2, 3, 4, 5, 6, 7 and 12 more',
    ],
    [
      "dates",
      { columns: ["day"], parts: ["year"] },
      { day: [null, "23.11.2026"] },
      'field "day" in row 1: "23.11.2026" is no date; write it like 2026-11-23 or 2026-11-23T08:30:00Z',
    ],
    [
      "combine",
      { columns: ["a", "b"], into: "x", datatype: "INT64" },
      { a: [1, 2], b: [3, 4.5] },
      'field "b" in row 1: 4.5, but the model takes whole numbers (INT64)',
    ],
    [
      "cast",
      { columns: ["age"], to: "number" },
      { age: ["1e999"] },
      'field "age": "1e999" is no number; write it like 12.5',
    ],
    [
      "combine",
      { columns: ["a"], into: "x", datatype: "INT32" },
      { a: [2 ** 31] },
      'field "a": 2147483648, but the model takes whole numbers (INT32)',
    ],
    [
      "combine",
      { columns: ["a"], into: "x", datatype: "INT64" },
      { a: [-(2 ** 63), 2 ** 63] },
      'field "a" in row 1: 9223372036854776000, but the model takes whole numbers (INT64)',
    ],
    [
      "combine",
      { columns: ["a"], into: "x", datatype: "INT32" },
      { a: [null] },
      'field "a": a missing value, but the model takes whole numbers (INT32)',
    ],
  ];
  for (const [step, options, given, message] of cases) {
    test(`${step}: ${message.slice(0, 60)}`, async () => {
      await assert.rejects(run(step, options, given), (error) => {
        assert.ok(error instanceof LongshoreError, String(error));
        assert.equal(error.code, "FIELD_INVALID");
        assert.equal(error.message, message);
        return true;
      });
    });
  }
});
