import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode, EVERYTHING, LISTS, TEXT } from "./fixtures.test.ts";
import type { RecordContract } from "./index.ts";

describe("what is wrong is said, with its place", () => {
  const two = { age: 1, height: 1 };
  const cases: [name: string, RecordContract, inputs: unknown, code: string, message: RegExp][] = [
    [
      "a text for a number",
      EVERYTHING,
      { age: "41" },
      "FIELD_TYPE",
      /^field "age": expected a whole number \(years\), got a string$/,
    ],
    [
      "a fraction",
      EVERYTHING,
      { age: 1.5 },
      "FIELD_TYPE",
      /"age": expected a whole number \(years\), got 1\.5/,
    ],
    [
      "a list in a row",
      EVERYTHING,
      [{ age: [1] }],
      "FIELD_TYPE",
      /"age" in row 0: expected a whole number \(years\), got an array/,
    ],
    ["an object", EVERYTHING, { age: { value: 1 } }, "FIELD_TYPE", /got an object/],
    [
      "null for a field that must be there",
      EVERYTHING,
      [two, { age: null }],
      "FIELD_TYPE",
      /"age" in row 1: .*got null/,
    ],
    [
      "null for the whole of such a column",
      EVERYTHING,
      { age: null, height: [1] },
      "FIELD_TYPE",
      /"age".*got null/,
    ],
    [
      "missing",
      EVERYTHING,
      { height: 1 },
      "FIELD_MISSING",
      /^field "age" is missing; expected a whole number \(years\)$/,
    ],
    [
      "missing in a row",
      EVERYTHING,
      [two, { height: 1 }],
      "FIELD_MISSING",
      /^field "age" is missing in row 1;/,
    ],
    [
      "an unknown field",
      EVERYTHING,
      { ages: 1 },
      "FIELD_UNKNOWN",
      /^field "ages" does not exist; expected "age"$/,
    ],
    [
      "an unknown field of a row",
      EVERYTHING,
      [two, { ...two, zzzzzz: 1 }],
      "FIELD_UNKNOWN",
      /^field "zzzzzz" in row 1 does not exist; expected one of "age", "height",/,
    ],
    [
      "a number for a boolean",
      EVERYTHING,
      { age: 1, member: 1 },
      "FIELD_TYPE",
      /expected true or false, got a number/,
    ],
    [
      "a number for a category",
      EVERYTHING,
      { age: 1, city: 3 },
      "FIELD_TYPE",
      /expected a string, got a number/,
    ],
    [
      "a text that is too long",
      EVERYTHING,
      { age: 1, note: "sixsix" },
      "FIELD_INVALID",
      /6 characters are over the limit of 5/,
    ],
    [
      "a day that is not there",
      EVERYTHING,
      { age: 1, day: "2023-02-29" },
      "FIELD_TYPE",
      /a date as ISO 8601 writes it.*got "2023-02-29"/,
    ],
    [
      "a date of some country",
      EVERYTHING,
      { age: 1, day: "11/23/2026" },
      "FIELD_TYPE",
      /got "11\/23\/2026"/,
    ],
    [
      "broken base64",
      EVERYTHING,
      { age: 1, photo: "a*b" },
      "FIELD_INVALID",
      /"photo": this is not base64; expected an image/,
    ],
    [
      "a data URL that is none",
      EVERYTHING,
      { age: 1, photo: "data:image/png,abc" },
      "FIELD_INVALID",
      /not base64/,
    ],
    ["an empty file", EVERYTHING, { age: 1, photo: "" }, "FIELD_INVALID", /this is empty/],
    [
      "columns of other lengths",
      EVERYTHING,
      { age: [1, 2], height: [1] },
      "BATCH_MISMATCH",
      /"age" has 2, "height" has 1/,
    ],
    [
      "a column and a value",
      EVERYTHING,
      { age: [1, 2], height: 1 },
      "BATCH_MISMATCH",
      /"age" is a list of rows, "height" is one row/,
    ],
    [
      "a value of a column",
      EVERYTHING,
      { age: [1, "x"] },
      "FIELD_TYPE",
      /"age" in row 1: .*got a string/,
    ],
    ["no rows", EVERYTHING, [], "FIELD_TYPE", /field "inputs": expected an object with the fields/],
    [
      "no rows in columns",
      EVERYTHING,
      { age: [] },
      "FIELD_INVALID",
      /there are no rows; send at least one/,
    ],
    [
      "a row that is a number",
      EVERYTHING,
      [two, 7],
      "FIELD_TYPE",
      /field "inputs\[1\]": expected an object/,
    ],
    [
      "a bare value for several fields",
      EVERYTHING,
      7,
      "FIELD_TYPE",
      /field "inputs": expected an object with the fields, .*got a number/,
    ],
    [
      "too many rows",
      TEXT,
      Array.from({ length: 101 }, () => "a"),
      "ROWS_TOO_MANY",
      /at least 101 rows are over the limit of 100 rows of a call to "m"/,
    ],
    [
      "too many rows in columns",
      EVERYTHING,
      { age: Array.from({ length: 101 }, () => 1) },
      "ROWS_TOO_MANY",
      /limit of 100/,
    ],
    [
      "a series that is too short",
      LISTS,
      {
        pulse: [],
        grid: [
          [1, 2],
          [3, 4],
        ],
      },
      "FIELD_INVALID",
      /0 values, expected at least 1/,
    ],
    [
      "a series that is too long",
      LISTS,
      {
        pulse: [1, 2, 3, 4, 5],
        grid: [
          [1, 2],
          [3, 4],
        ],
      },
      "FIELD_INVALID",
      /5 values are over the limit of 4/,
    ],
    [
      "a text in a series",
      LISTS,
      {
        pulse: [1, "x"],
        grid: [
          [1, 2],
          [3, 4],
        ],
      },
      "INPUT_ELEMENT",
      /"pulse": element 1 is a string/,
    ],
    [
      "null in a series",
      LISTS,
      {
        pulse: [1, null],
        grid: [
          [1, 2],
          [3, 4],
        ],
      },
      "INPUT_ELEMENT",
      /null/,
    ],
    [
      "a tensor of another shape",
      LISTS,
      {
        pulse: [1],
        grid: [
          [1, 2, 3],
          [3, 4, 5],
        ],
      },
      "FIELD_TYPE",
      /nested lists of shape \[2,2\] \(INT64\), got the shape \[2,3\]/,
    ],
    ["a ragged tensor", LISTS, { pulse: [1], grid: [[1, 2], [3]] }, "INPUT_RAGGED", /grid/],
    [
      "a fraction in integers",
      LISTS,
      {
        pulse: [1],
        grid: [
          [1, 2],
          [3, 4.5],
        ],
      },
      "INPUT_ELEMENT",
      /4\.5/,
    ],
  ];
  for (const [name, contract, inputs, code, message] of cases) {
    test(name, () => {
      assert.throws(() => decode(contract, inputs), { code, message });
    });
  }

  test("outputs that are not there, or asked for twice", () => {
    assert.throws(() => decode(TEXT, "a", { outputs: ["z"] }), { code: "OUTPUT_UNKNOWN" });
    assert.throws(() => decode(TEXT, "a", { outputs: ["y", "y"] }), { code: "OUTPUT_DUPLICATE" });
    assert.throws(() => decode(TEXT, "a", { outputs: [1] }), { code: "FIELD_TYPE" });
  });
});
