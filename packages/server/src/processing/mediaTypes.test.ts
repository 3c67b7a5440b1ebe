import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { InputField } from "@longshore/core/manifest";
import { answerFormatOf, formatOf, formatsOf } from "./mediaTypes.ts";

describe("what a bundle takes", () => {
  const cases: [name: string, inputs: Record<string, InputField>, formats: string[]][] = [
    ["a table", { a: { type: "number" } }, ["json", "jsonl", "csv", "multipart"]],
    ["an image", { a: { type: "image" } }, ["json", "jsonl", "multipart", "image"]],
    ["a text", { a: { type: "text" } }, ["json", "jsonl", "csv", "multipart", "text"]],
    ["a recording", { a: { type: "audio" } }, ["json", "jsonl", "multipart", "audio"]],
    [
      "two images",
      { a: { type: "image" }, b: { type: "image", optional: true } },
      ["json", "jsonl", "multipart"],
    ],
    [
      "an image and a number that must be there",
      { a: { type: "image" }, b: { type: "number" } },
      ["json", "jsonl", "multipart"],
    ],
    [
      "an image and a number that may be there",
      { a: { type: "image" }, b: { type: "number", optional: true } },
      ["json", "jsonl", "multipart", "image"],
    ],
  ];
  for (const [name, inputs, formats] of cases)
    test(name, () => assert.deepEqual(formatsOf(inputs), formats));
});

test("content types by all their names", () => {
  const takes = formatsOf({ a: { type: "text" } });
  const cases: [type: string | undefined, format: string][] = [
    [undefined, "json"],
    ["", "json"],
    ["application/json", "json"],
    ["Application/JSON; charset=UTF-8", "json"],
    ["application/vnd.api+json", "json"],
    ["application/x-www-form-urlencoded", "json"],
    ["application/x-ndjson", "jsonl"],
    ["application/jsonl", "jsonl"],
    ["application/jsonlines", "jsonl"],
    ["text/csv; header=present", "csv"],
    ["multipart/form-data; boundary=x", "multipart"],
    ['text/plain;charset="utf-8"', "text"],
  ];
  for (const [type, format] of cases)
    assert.equal(formatOf(type, takes, "m"), format, type ?? "none");
  const table = formatsOf({ a: { type: "number" } });
  assert.equal(formatOf("text/plain;charset=UTF-8", table, "m"), "json");
  for (const type of ["image/png", "application/xml", "application/octet-stream", "json", "/"])
    assert.throws(() => formatOf(type, table, "m"), { code: "CONTENT_TYPE" }, type);
  assert.throws(() => formatOf("text/csv; charset=latin1", table, "m"), {
    code: "HEADER_INVALID",
    message: /"latin1" is not taken; send UTF-8/,
  });
});

test("the answer is what the caller prefers of what there is, else JSON", () => {
  const cases: [accept: string | undefined, format: string][] = [
    [undefined, "json"],
    ["*/*", "json"],
    ["application/json", "json"],
    ["text/csv", "csv"],
    ["text/*", "csv"],
    ["application/x-ndjson", "jsonl"],
    ["text/html, application/xhtml+xml, */*;q=0.8", "json"],
    ["text/csv;q=0.5, application/jsonl", "jsonl"],
    ["text/csv;q=0, */*", "json"],
    ["image/png", "json"],
    [",;q=x,", "json"],
  ];
  for (const [accept, format] of cases)
    assert.equal(answerFormatOf(accept), format, accept ?? "none");
});
