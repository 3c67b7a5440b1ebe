import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ModelContract } from "../validate.ts";
import { COLUMN, content, decode, FIXED, MATRIX, TABLE, VECTOR } from "./fixtures.test.ts";

describe("inputs", () => {
  const table = { age: [[2], [1, 2]], city: [[2], ["a", "b"]], v: [[2], [1, 2, 3, 4]] } as const;
  const rows = {
    age: [
      [2, 1],
      [1n, 2n],
    ],
    city: [[2, 1], table.city[1]],
    v: [[2, 2], table.v[1]],
  };
  const cases: [name: string, ModelContract, inputs: unknown, kind: string, expected: object][] = [
    [
      "nested arrays",
      MATRIX,
      [
        [1, 2],
        [3, 4],
      ],
      "columns",
      {
        x: [
          [2, 2],
          [1, 2, 3, 4],
        ],
      },
    ],
    [
      "one row",
      MATRIX,
      [1, 2],
      "row",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    ["no rows", VECTOR, [], "columns", { x: [[0], []] }],
    [
      "nested arrays by name",
      MATRIX,
      { x: [[1, 2]] },
      "columns",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "one row by name",
      MATRIX,
      { x: [1, 2] },
      "row",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "rows",
      MATRIX,
      [{ x: [1, 2] }, { x: [3, 4] }],
      "rows",
      {
        x: [
          [2, 2],
          [1, 2, 3, 4],
        ],
      },
    ],
    ["a vector", VECTOR, [1, 2, 3], "columns", { x: [[3], [1, 2, 3]] }],
    ["a number as a row", VECTOR, 5, "row", { x: [[1], [5]] }],
    ["numbers as rows", VECTOR, [{ x: 5 }, { x: 6 }], "rows", { x: [[2], [5, 6]] }],
    [
      "no batch axis",
      FIXED,
      [[1, 2]],
      "columns",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "columns in full",
      TABLE,
      {
        age: [[1], [2]],
        city: [["a"], ["b"]],
        v: [
          [1, 2],
          [3, 4],
        ],
      },
      "columns",
      rows,
    ],
    [
      "columns as plain lists",
      TABLE,
      {
        age: [1, 2],
        city: ["a", "b"],
        v: [
          [1, 2],
          [3, 4],
        ],
      },
      "columns",
      rows,
    ],
    [
      "rows with plain values",
      TABLE,
      [
        { age: 1, city: "a", v: [1, 2] },
        { v: [3, 4], city: "b", age: 2 },
      ],
      "rows",
      rows,
    ],
    [
      "rows with lists of one",
      TABLE,
      [
        { age: [1], city: ["a"], v: [1, 2] },
        { age: [2], city: ["b"], v: [3, 4] },
      ],
      "rows",
      rows,
    ],
    [
      "a single row",
      TABLE,
      { age: 1, city: "a", v: [1, 2] },
      "row",
      {
        age: [[1, 1], [1n]],
        city: [[1, 1], ["a"]],
        v: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "a single row with lists of one",
      TABLE,
      { age: [1], city: ["a"], v: [1, 2] },
      "row",
      {
        age: [[1, 1], [1n]],
        city: [[1, 1], ["a"]],
        v: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    ["a list of one number is a batch", COLUMN, { age: [41] }, "columns", { age: [[1, 1], [41]] }],
    [
      "as longer lists are",
      COLUMN,
      { age: [41, 36] },
      "columns",
      {
        age: [
          [2, 1],
          [41, 36],
        ],
      },
    ],
    ["a number alone is a row", COLUMN, { age: 41 }, "row", { age: [[1, 1], [41]] }],
  ];
  for (const [name, model, inputs, kind, expected] of cases) {
    test(name, () => {
      const decoded = decode(model, inputs);
      assert.equal(decoded.form.kind, kind);
      assert.deepEqual(content(decoded), expected);
    });
  }

  test("outputs and parameters", () => {
    const decoded = decode(MATRIX, [1, 2], {
      outputs: ["p", "label"],
      parameters: { priority: 1, timeout: 9 },
    });
    assert.deepEqual(decoded.request.outputs, ["p", "label"]);
    assert.equal(decoded.request.priority, 1);
    assert.equal(decoded.timeoutUs, 9);
    assert.deepEqual(Object.keys(decode(MATRIX, [1, 2]).request), ["inputs"]);
  });
});
