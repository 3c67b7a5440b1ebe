import assert from "node:assert/strict";
import test from "node:test";
import type { Signature } from "@longshore/core";
import { readAnswer } from "./answer.ts";
import { CsvWriter, toTable } from "./output.ts";

const SIGNATURE: Signature = {
  inputs: [],
  outputs: [
    { name: "label", datatype: "INT64", shape: ["N"] },
    { name: "scores", datatype: "FP32", shape: ["N", 2], labels: ["no", "yes"] },
  ],
};

test("columns of an answer become rows", () => {
  const text =
    '{"outputs": {"label": [1, 9007199254740993], "scores": [{"no": 0.1, "yes": 0.9}, {"no": 1, "yes": 0}]}}';
  assert.deepEqual(readAnswer(text, SIGNATURE), [
    { label: 1, scores: { no: 0.1, yes: 0.9 } },
    { label: 9007199254740993n, scores: { no: 1, yes: 0 } },
  ]);
});

test("rows stay rows, a single row is one, no row is none", () => {
  assert.deepEqual(readAnswer('{"outputs": [{"label": 1}, {"label": 2}]}', SIGNATURE), [
    { label: 1 },
    { label: 2 },
  ]);
  assert.deepEqual(readAnswer('{"outputs": {"label": 1, "scores": [0.1, 0.9]}}', SIGNATURE), [
    { label: 1, scores: [0.1, 0.9] },
  ]);
  assert.deepEqual(readAnswer('{"outputs": {"label": [], "scores": []}}', SIGNATURE), []);
});

test("outputs without common rows stay together", () => {
  const outputs = '{"outputs": {"label": [1, 2, 3], "scores": [[0.5, 0.5]]}}';
  assert.deepEqual(readAnswer(outputs, SIGNATURE), [{ label: [1, 2, 3], scores: [[0.5, 0.5]] }]);
});

test("a table rounds, puts the likeliest label first, cuts long vectors", () => {
  const results = [
    {
      carried: ["a"],
      row: {
        y: [0.123456789],
        scores: { no: 0.00001234, yes: 0.987644 },
        v: Array.from({ length: 12 }, (_, i) => i / 3),
      },
    },
    { carried: ["b"], row: { y: [-1200], scores: { no: 0.5, yes: 0.5 }, v: [1, null] } },
    { carried: ["c"], row: { y: [1.5e-9], scores: { no: 0.002, yes: -0.1 }, v: [1e25, 7n] } },
  ];
  assert.equal(
    toTable(results, ["y"]),
    [
      "y (data)         y  scores              v",
      "a         0.123457  yes 0.9876, no 0    0 0.333 0.667 1 1.333 1.667 2 2.333 2.667 3 … (12)",
      "b            -1200  no 0.5, yes 0.5     1 null",
      "c           1.5e-9  no 0.002, yes -0.1  1e+25 7",
    ].join("\n"),
  );
});

test("CSV has all digits, a column for each element and label, quotes where needed", () => {
  const csv = new CsvWriter(["id"]);
  const lines = [
    { carried: ["a,b"], row: { y: [0.123456789], scores: { no: 0.25, yes: 0.75 }, v: [1n, null] } },
    { carried: ["c"], row: { y: [2], scores: { no: 1, yes: 0 }, v: ["x", true] } },
  ].flatMap((result) => [...csv.write(result)]);
  assert.deepEqual(lines, [
    "id,y,scores.no,scores.yes,v.0,v.1",
    '"a,b",0.123456789,0.25,0.75,1,',
    "c,2,1,0,x,true",
  ]);
  assert.throws(() => [...csv.write({ carried: [""], row: { y: [1, 2] } })], /use --format json/);
});
