import assert from "node:assert/strict";
import test from "node:test";
import type { Column, ColumnTypes, Frame } from "../pipeline/frame.ts";
import { encodeRecordLines, encodeRecords, toAnswerTable, type RecordAnswer } from "./index.ts";

const COLUMNS: [string, Column][] = [
  ["label", { kind: "text", values: ['be"nign', null] }],
  ["value", { kind: "number", values: Float64Array.of(Math.fround(0.1), Number.NaN) }],
  ["exact", { kind: "number", values: Float64Array.of(0.1, 2) }],
  [
    "p",
    {
      kind: "tensor",
      tensor: { datatype: "FP32", shape: [2, 2], data: Float32Array.of(0.25, 0.75, 1, 0) },
    },
  ],
  [
    "one",
    {
      kind: "tensor",
      tensor: { datatype: "INT64", shape: [2, 1], data: BigInt64Array.of(2n ** 60n, -1n) },
    },
  ],
  [
    "v",
    {
      kind: "tensor",
      tensor: { datatype: "FP64", shape: [2, 2], data: Float64Array.of(1, Infinity, 3, 4) },
    },
  ],
  ["boxes", { kind: "json", values: [[{ x: 1 }], []] }],
];
const FRAME: Frame = { rows: 2, columns: new Map(COLUMNS) };
const TYPES: ColumnTypes = new Map([
  ["p", { kind: "tensor", datatype: "FP32", shape: [2], labels: ["no", "yes"] }],
]);
const ANSWER: RecordAnswer = {
  id: "i",
  model: "m",
  version: "2",
  frame: FRAME,
  types: TYPES,
  flags: [],
};
const FLAG = { row: 1, field: "age", rule: "range", message: "age is 200, expected 0 to 120" };

test("rows are objects", () => {
  const text = encodeRecords(ANSWER, { kind: "rows", count: 2 });
  assert.equal(
    text,
    '{"id":"i","model":"m","version":"2","outputs":[' +
      '{"label":"be\\"nign","value":0.1,"exact":0.1,"p":{"no":0.25,"yes":0.75},"one":1152921504606846976,"v":[1,null],"boxes":[{"x":1}]},' +
      '{"label":null,"value":null,"exact":2,"p":{"no":1,"yes":0},"one":-1,"v":[3,4],"boxes":[]}]}',
  );
});

test("one row is one object, columns are lists, both of what was asked for", () => {
  const some = { ...ANSWER, outputs: ["p", "label"] };
  const outputs = (kind: "row" | "columns"): unknown =>
    (JSON.parse(encodeRecords(some, { kind })) as { outputs: unknown }).outputs;
  assert.deepEqual(outputs("row"), { p: { no: 0.25, yes: 0.75 }, label: 'be"nign' });
  assert.deepEqual(outputs("columns"), {
    p: [
      { no: 0.25, yes: 0.75 },
      { no: 1, yes: 0 },
    ],
    label: ['be"nign', null],
  });
});

test("flags follow, in lines beside their row, in a table as a column", () => {
  const flagged = { ...ANSWER, outputs: ["exact"], flags: [FLAG] };
  const { flags } = JSON.parse(encodeRecords(flagged, { kind: "columns" })) as { flags: unknown };
  assert.deepEqual(flags, [FLAG]);
  assert.equal(
    encodeRecordLines(flagged),
    `{"outputs":{"exact":0.1}}\n{"outputs":{"exact":2},"flags":[${JSON.stringify(FLAG)}]}\n`,
  );
  assert.deepEqual(toAnswerTable(flagged), {
    header: ["exact", "flags"],
    rows: [
      ["0.1", ""],
      ["2", FLAG.message],
    ],
  });
});

test("a table has a column for each element", () => {
  assert.deepEqual(toAnswerTable(ANSWER), {
    header: ["label", "value", "exact", "p.no", "p.yes", "one", "v.0", "v.1", "boxes"],
    rows: [
      ['be"nign', "0.1", "0.1", "0.25", "0.75", "1152921504606846976", "1", "", '[{"x":1}]'],
      ["", "", "2", "1", "0", "-1", "3", "4", "[]"],
    ],
  });
});
