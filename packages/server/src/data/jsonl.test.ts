import assert from "node:assert/strict";
import test from "node:test";
import { LongshoreError } from "@longshore/core";
import { readJsonLines } from "./jsonl.ts";

test("a value a line, with its number and its own text", () => {
  assert.deepEqual(readJsonLines('\uFEFF{"a": 9007199254740993}\r\n\n [1]\n', "data.jsonl"), [
    { line: 1, text: '{"a": 9007199254740993}', value: { a: 9007199254740992 } },
    { line: 3, text: "[1]", value: [1] },
  ]);
  assert.deepEqual(readJsonLines("", "data.jsonl"), []);
});

test("a line that is no JSON is refused with its number", () => {
  assert.throws(
    () => readJsonLines("[1]\n\n[1,\n", "data.jsonl"),
    (error) => error instanceof LongshoreError && error.message.startsWith("data.jsonl: line 3: "),
  );
});
