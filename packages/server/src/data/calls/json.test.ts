import assert from "node:assert/strict";
import test from "node:test";
import type { Signature } from "@longshore/core";
import type { Calls } from "./call.ts";
import { fromJson, fromJsonLines } from "./json.ts";

const ONE: Signature = { inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }], outputs: [] };
const TWO: Signature = {
  inputs: [
    { name: "x", datatype: "FP32", shape: ["N", 1] },
    { name: "y", datatype: "FP32", shape: ["N", 1] },
  ],
  outputs: [],
};

function bodies({ calls }: Calls): string[] {
  return [...calls].map((call) => ("body" in call ? call.body : ""));
}

test("a body is sent as it is, bare inputs are wrapped, digits stay", () => {
  assert.deepEqual(bodies(fromJson(' {"inputs": [[9007199254740993, 1.0]]} ', [], "f")), [
    ' {"inputs": [[9007199254740993, 1.0]]} ',
  ]);
  assert.deepEqual(bodies(fromJson("[[1, 2]]", [], "f")), ['{"inputs":[[1, 2]]}']);
  assert.deepEqual(bodies(fromJson('{"x": [[1, 2]]}', ["a", "b"], "f")), [
    '{"inputs":{"x": [[1, 2]]},"outputs":["a","b"]}',
  ]);
});

test("outputs are added to a body, whatever their names hold, unless it has its own", () => {
  assert.deepEqual(bodies(fromJson('{"inputs": {}}', ["$&"], "f")), [
    '{"outputs":["$&"],"inputs": {}}',
  ]);
  assert.throws(
    () => fromJson('{"inputs": [], "outputs": ["a"]}', ["b"], "f"),
    /leave --output out/,
  );
});

test("invalid JSON is refused by name", () => {
  assert.throws(() => fromJson("[1,", [], "data.json"), /^LongshoreError: data\.json: /);
});

test("rows of JSONL share a call; bodies stand alone; the order stays", () => {
  const text = '[1, 2]\n[3, 4]\n{"inputs": [[5, 6]]}\n{"x": [7, 8]}\n{"x": [9, 10]}\n[11, 12]\n';
  assert.deepEqual(bodies(fromJsonLines(text, ONE, ["a"], "f", undefined)), [
    '{"inputs":{"x":[[1, 2],[3, 4]]},"outputs":["a"]}',
    '{"outputs":["a"],"inputs": [[5, 6]]}',
    '{"inputs":[{"x": [7, 8]},{"x": [9, 10]}],"outputs":["a"]}',
    '{"inputs":{"x":[[11, 12]]},"outputs":["a"]}',
  ]);
  assert.deepEqual(bodies(fromJsonLines(text, ONE, [], "f", 1)), ['{"inputs":{"x":[[1, 2]]}}']);
});

test("a bare row needs a model with one input", () => {
  assert.throws(
    () => bodies(fromJsonLines('{"x": 1, "y": 2}\n[1, 2]\n', TWO, [], "data.jsonl", undefined)),
    {
      message:
        "data.jsonl: line 2: expected an object with the inputs x, y, as the model has several",
    },
  );
});
