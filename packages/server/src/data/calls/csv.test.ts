import assert from "node:assert/strict";
import test from "node:test";
import type { Datatype, Dimension, Signature } from "@longshore/core";
import { readCsv } from "../csv.ts";
import type { Call } from "./call.ts";
import { fromCsv } from "./csv.ts";

function takes(...inputs: [name: string, Datatype, Dimension[]][]): Signature {
  return {
    inputs: inputs.map(([name, datatype, shape]) => ({ name, datatype, shape })),
    outputs: [],
  };
}

/** Bodies, carried fields and notes that come of CSV text. */
function run(text: string, signature: Signature, drop: string[] = [], outputs: string[] = []) {
  const { calls, carried, notes } = fromCsv(
    readCsv(text, "data.csv"),
    signature,
    outputs,
    drop,
    "data.csv",
  );
  const made: Call[] = [...calls];
  return {
    bodies: made.map((call) => ("body" in call ? call.body : "")),
    fields: made.flatMap((call) => call.carried ?? []),
    carried,
    notes,
  };
}

const TWO = takes(["x", "FP32", ["N", 2]]);

test("as many columns as the input has: all in their order, digits as they are", () => {
  assert.deepEqual(run("a,b\n1,0.10000000000000000555\n-2e3, 4\n", TWO), {
    bodies: ['{"inputs":{"x":[[1,0.10000000000000000555],[-2e3,4]]}}'],
    fields: [[], []],
    carried: [],
    notes: [],
  });
});

test("one column too many: the last is taken as the target, carried, and said so", () => {
  const { bodies, fields, carried, notes } = run("a,b,y\n1,2,good\n", TWO);
  assert.deepEqual(bodies, ['{"inputs":{"x":[[1,2]]}}']);
  assert.deepEqual([carried, fields], [["y"], [["good"]]]);
  assert.deepEqual(notes, [
    'column "y" is taken as the target and left out: the model takes 2 columns',
  ]);
});

test("a first column of row numbers is not mistaken for a feature", () => {
  for (const index of ["", "id", "Unnamed: 0"]) {
    assert.throws(
      () => run(`${index},a,b\n7,1,2\n`, TWO),
      /input "x" takes 2 columns, but there are 3; leave the others out/,
    );
  }
  const { bodies, carried, fields } = run("id,a,b\n7,1,2\n", TWO, ["id"]);
  assert.deepEqual([bodies, carried, fields], [['{"inputs":{"x":[[1,2]]}}'], ["id"], [["7"]]]);
});

test("other numbers of columns are refused, with what to do", () => {
  assert.throws(
    () => run("a,b,c,d e\n1,2,3,4\n", TWO),
    /takes 2 columns, but there are 4; .* --drop 'd e'$/,
  );
  assert.throws(() => run("a\n1\n", TWO), /takes 2 columns, but there are 1$/);
  assert.throws(() => run("a,b\n1,2\n", TWO, ["a", "b"]), /no column is left/);
});

test("columns named like the inputs are these inputs, in any order", () => {
  const signature = takes(
    ["age", "INT64", ["N", 1]],
    ["town", "BYTES", ["N"]],
    ["member", "BOOL", ["N", 1]],
  );
  const { bodies, carried, fields } = run(
    'town,id,member,age\n"O""slo",7,True,9007199254740993\n,8,0,41.0\n',
    signature,
    [],
    ["score"],
  );
  assert.deepEqual(bodies, [
    '{"inputs":{"age":[[9007199254740993],[41]],"town":["O\\"slo",""],"member":[[true],[false]]},"outputs":["score"]}',
  ]);
  assert.deepEqual([carried, fields], [["id"], [["7"], ["8"]]]);
  assert.throws(() => run("town,age\na,1\n", signature), /has no column for the inputs "member"/);
});

test("an input of higher rank is filled row-major", () => {
  assert.deepEqual(run("a,b,c,d\n1,2,3,4\n", takes(["x", "FP32", ["N", 1, 2, 2]])).bodies, [
    '{"inputs":{"x":[[[[1,2],[3,4]]]]}}',
  ]);
});

test("an input of any width takes all columns; one that CSV cannot say is refused", () => {
  assert.deepEqual(run("a,b,c\n1,2,3\n", takes(["x", "FP32", ["N", "M"]])).bodies, [
    '{"inputs":{"x":[[1,2,3]]}}',
  ]);
  assert.throws(() => run("a,b\n1,2\n", takes(["x", "FP32", ["N", "M", 2]])), /use JSON or NPY/);
  assert.throws(
    () => run("a,b\n1,2\n", takes(["x", "FP32", ["N", 2]], ["y", "FP32", ["N", "M"]])),
    /use JSON or NPY/,
  );
});

test("numbers that JSON writes otherwise are rewritten; what is no number is refused with its place", () => {
  assert.deepEqual(run("a,b\n+1.5,.5\n007,5.\n", TWO).bodies, [
    '{"inputs":{"x":[[1.5,0.5],[7,5]]}}',
  ]);
  assert.throws(() => run("a,b\n1,2\n3,\n", TWO), {
    message: 'data.csv: line 3, column "b": expected a number, got ""',
  });
  assert.throws(() => run("a,b\n1,high\n", TWO), {
    message: 'data.csv: line 2, column "b": expected a number, got "high"',
  });
  assert.throws(
    () => run("a\nmaybe\n", takes(["a", "BOOL", ["N"]])),
    /expected true or false, got "maybe"/,
  );
});

test("a file without a header is noticed; one with numbered columns is not one", () => {
  assert.throws(() => run("0.5,1.5\n1,2\n", TWO), /line 1 holds numbers; expected a header/);
  assert.deepEqual(run("0,1\n5,6\n", TWO).bodies, ['{"inputs":{"x":[[5,6]]}}']);
});

test("many rows are several calls; a model with a fixed number of rows gets that many", () => {
  const rows = Array.from({ length: 2500 }, (_, row) => `${row},0`).join("\n");
  const { bodies } = run(`a,b\n${rows}\n`, TWO);
  const sent = bodies.map((body) => (JSON.parse(body) as { inputs: { x: number[][] } }).inputs.x);
  assert.deepEqual(
    sent.map((part) => part.length),
    [1024, 1024, 452],
  );
  assert.deepEqual(
    sent.flat().map(([row]) => row),
    Array.from({ length: 2500 }, (_, row) => row),
  );
  assert.equal(run("a,b\n1,2\n3,4\n", takes(["x", "FP32", [1, 2]])).bodies.length, 2);
});
