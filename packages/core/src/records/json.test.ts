import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { content, decode, EVERYTHING, LISTS, SERIES, TEXT, toContract } from "./fixtures.test.ts";
import type { RecordContract } from "./index.ts";

const NaN_ = Number.NaN;
const PNG = "iVBORw0K";
const PNG_BYTES = [137, 80, 78, 71, 13, 10];
/** Missing in one row, for every optional field. */
const MISSING = {
  height: [NaN_],
  member: [NaN_],
  city: [null],
  note: [null],
  day: [null],
  photo: [null],
  sound: [null],
};

describe("what callers send becomes columns", () => {
  const cases: [name: string, RecordContract, inputs: unknown, kind: string, columns: object][] = [
    ["one row", EVERYTHING, { age: 41 }, "row", { age: [41], ...MISSING }],
    [
      "every type",
      EVERYTHING,
      {
        sound: `data:audio/wav;base64,${PNG}`,
        photo: PNG,
        day: "2024-02-29T08:30:00+01:00",
        note: "a😀b😀c",
        city: "Rome",
        member: false,
        height: -1.5e2,
        age: 0,
      },
      "row",
      {
        age: [0],
        height: [-150],
        member: [0],
        city: ["Rome"],
        note: ["a😀b😀c"],
        day: ["2024-02-29T08:30:00+01:00"],
        photo: [PNG_BYTES],
        sound: [PNG_BYTES],
      },
    ],
    [
      "null is missing",
      EVERYTHING,
      { age: 1, height: null, city: null, photo: null },
      "row",
      { age: [1], ...MISSING },
    ],
    [
      "rows",
      EVERYTHING,
      [{ age: 1 }, { height: 2.5, age: 2, member: true }],
      "rows",
      {
        age: [1, 2],
        height: [NaN_, 2.5],
        member: [NaN_, 1],
        city: [null, null],
        note: [null, null],
        day: [null, null],
        photo: [null, null],
        sound: [null, null],
      },
    ],
    [
      "columns, some of them missing",
      EVERYTHING,
      { age: [1, 2], city: ["Ulm", null], height: null },
      "columns",
      {
        age: [1, 2],
        height: [NaN_, NaN_],
        member: [NaN_, NaN_],
        city: ["Ulm", null],
        note: [null, null],
        day: [null, null],
        photo: [null, null],
        sound: [null, null],
      },
    ],
    [
      "lists as a row",
      LISTS,
      {
        pulse: [0.5, 1],
        grid: [
          [1, 2],
          [3, 4],
        ],
      },
      "row",
      {
        pulse: { samples: [[0.5, 1]], rates: [100] },
        grid: { datatype: "INT64", shape: [1, 2, 2], elements: [1n, 2n, 3n, 4n] },
      },
    ],
    [
      "lists as columns",
      LISTS,
      {
        pulse: [[0.5], [1, 2]],
        grid: [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [5, 6],
            [7, 8],
          ],
        ],
      },
      "columns",
      {
        pulse: { samples: [[0.5], [1, 2]], rates: [100, 100] },
        grid: { datatype: "INT64", shape: [2, 2, 2], elements: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n] },
      },
    ],
    ["a bare value", TEXT, "hi", "row", { text: ["hi"] }],
    ["bare values", TEXT, ["a", "b"], "rows", { text: ["a", "b"] }],
    ["a bare list", SERIES, [1, 2], "row", { pulse: { samples: [[1, 2]], rates: undefined } }],
    ["an empty list", SERIES, [], "row", { pulse: { samples: [[]], rates: undefined } }],
    ["bare lists", SERIES, [[1], []], "rows", { pulse: { samples: [[1], []], rates: undefined } }],
    ["rows of a single field", TEXT, [{ text: "a" }], "rows", { text: ["a"] }],
    [
      "only optional fields, none given",
      toContract({ a: { type: "number", optional: true } }),
      {},
      "row",
      { a: [NaN_] },
    ],
  ];
  for (const [name, contract, inputs, kind, columns] of cases) {
    test(name, () => {
      const { frame, form } = decode(contract, inputs);
      assert.equal(form.kind, kind);
      assert.deepEqual(content(frame), columns);
    });
  }
});

test("what stands beside the inputs is read", () => {
  const more = { outputs: ["y"], parameters: { priority: 2, timeout: 1000 }, other: [{}] };
  const { outputs, priority, timeoutUs } = decode(TEXT, "a", more);
  assert.deepEqual(
    { outputs, priority, timeoutUs },
    { outputs: ["y"], priority: 2, timeoutUs: 1000 },
  );
});
