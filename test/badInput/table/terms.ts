/** Bad calls of bundles that have terms of their own, in every format that they take. */
import type { Call } from "../answer.ts";
import { bad, type BadRequest } from "./row.ts";

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "multipart/form-data; boundary=b" };

function people(inputs: unknown, more: object = {}): Call {
  return { path: "/predict/people", headers: JSON_TYPE, body: JSON.stringify({ inputs, ...more }) };
}

function json(model: string, inputs: unknown): Call {
  return { path: `/predict/${model}`, headers: JSON_TYPE, body: JSON.stringify({ inputs }) };
}

function body(model: string, type: string, content: string | Uint8Array<ArrayBuffer>): Call {
  return { path: `/predict/${model}`, headers: { "content-type": type }, body: content };
}

const csv = (content: string): Call => body("people", "text/csv", content);
const lines = (content: string): Call => body("people", "application/jsonl", content);

function form(model: string, parts: readonly string[], end = "--b--\r\n"): Call {
  const text = parts.map((part) => `--b\r\nContent-Disposition: form-data; ${part}\r\n`).join("");
  return { path: `/predict/${model}`, headers: FORM_TYPE, body: text + end };
}

const ROW = { age: 41, member: true };
const PNG_HEAD = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13);

export const TERMS_ROWS: readonly BadRequest[] = [
  bad("terms: empty body", { ...people({}), body: "" }, 400, "BODY_EMPTY", '"inputs"'),
  bad(
    "terms: no inputs",
    body("people", "application/json", '{"age":41}'),
    400,
    "FIELD_MISSING",
    '"inputs" is missing',
  ),
  bad(
    "terms: not JSON",
    body("people", "application/json", "age=41"),
    400,
    "JSON_INVALID",
    "byte 0",
  ),
  bad(
    "terms: cut off",
    body("people", "application/json", '{"inputs":{"age":4'),
    400,
    "JSON_INVALID",
    "byte 18",
  ),
  bad(
    "terms: deep",
    body("matrix", "application/json", '{"inputs":{"x":' + "[".repeat(2 ** 20)),
    400,
    "JSON_TOO_DEEP",
    "32",
  ),
  bad(
    "terms: NaN",
    body("people", "application/json", '{"inputs":{"age":NaN}}'),
    400,
    "JSON_INVALID",
    "NaN is not JSON",
  ),
  bad(
    "terms: a field twice",
    body("people", "application/json", '{"inputs":{"age":1,"age":2}}'),
    400,
    "JSON_DUPLICATE",
    '"age" appears twice',
  ),
  bad(
    "terms: a text for a number",
    people({ ...ROW, age: "41" }),
    400,
    "FIELD_TYPE",
    "a whole number (years), got a string",
  ),
  bad("terms: a fraction", people({ ...ROW, age: 41.5 }), 400, "FIELD_TYPE", "got 41.5"),
  bad(
    "terms: 1e400",
    body("people", "application/json", '{"inputs":{"age":1e400}}'),
    400,
    "FIELD_TYPE",
    "a finite number, got Infinity",
  ),
  bad("terms: null", people({ ...ROW, member: null }), 400, "FIELD_TYPE", "got null"),
  bad(
    "terms: missing",
    people({ age: 1 }),
    400,
    "FIELD_MISSING",
    'field "member" is missing; expected true or false',
  ),
  bad("terms: missing in a row", people([ROW, { age: 1 }]), 400, "FIELD_MISSING", "in row 1"),
  bad(
    "terms: an unknown field",
    people({ ...ROW, heigth: 1 }),
    400,
    "FIELD_UNKNOWN",
    '"heigth" does not exist; expected "height"',
  ),
  bad(
    "terms: an unknown field in a row",
    people([ROW, { ...ROW, sex: "m" }]),
    400,
    "FIELD_UNKNOWN",
    "in row 1",
  ),
  bad(
    "terms: a boolean as a number",
    people({ ...ROW, member: 1 }),
    400,
    "FIELD_TYPE",
    "expected true or false, got a number",
  ),
  bad(
    "terms: a category as a number",
    people({ ...ROW, city: 7 }),
    400,
    "FIELD_TYPE",
    '"city": expected a string',
  ),
  bad(
    "terms: no such day",
    people({ ...ROW, joined: "2023-02-29" }),
    400,
    "FIELD_TYPE",
    "a date as ISO 8601 writes it",
  ),
  bad(
    "terms: ragged columns",
    people({ age: [1, 2], member: [true] }),
    400,
    "BATCH_MISMATCH",
    '"age" has 2, "member" has 1',
  ),
  bad(
    "terms: a column and a value",
    people({ age: [1, 2], member: true }),
    400,
    "BATCH_MISMATCH",
    '"member" is one row',
  ),
  bad("terms: no rows", people({ age: [], member: [] }), 400, "FIELD_INVALID", "there are no rows"),
  bad("terms: a bare value", people(41), 400, "FIELD_TYPE", "an object with the fields"),
  bad(
    "terms: too many rows",
    people(Array.from({ length: 1001 }, () => ROW)),
    400,
    "ROWS_TOO_MANY",
    "over the limit of 1000 rows",
  ),
  bad("terms: refused", people({ ...ROW, age: 300 }), 422, "REJECTED", "age"),
  bad("terms: a refused row", people([ROW, { ...ROW, age: -1 }]), 422, "REJECTED", "row 1"),
  bad("terms: an unknown output", people(ROW, { outputs: ["z"] }), 400, "OUTPUT_UNKNOWN", '"z"'),
  bad(
    "terms: timeout is a word",
    people(ROW, { parameters: { timeout: "soon" } }),
    400,
    "PARAMETER_INVALID",
    "timeout",
  ),
  bad(
    "terms: an image for a table",
    body("people", "image/png", PNG_HEAD),
    415,
    "CONTENT_TYPE",
    'content type "image/png" is not taken by "people"; send application/json',
  ),
  bad(
    "terms: XML",
    body("people", "application/xml", "<a/>"),
    415,
    "CONTENT_TYPE",
    "application/xml",
  ),
  bad(
    "terms: Latin-1",
    body("people", "application/json; charset=latin1", "{}"),
    400,
    "HEADER_INVALID",
    "send UTF-8",
  ),
  bad("CSV: empty", csv(""), 400, "BODY_EMPTY", "text/csv"),
  bad("CSV: no rows", csv("age,member\n"), 400, "FIELD_INVALID", "there are no rows"),
  bad(
    "CSV: an unknown column",
    csv("age,memver\n1,true\n"),
    400,
    "FIELD_UNKNOWN",
    'expected "member"',
  ),
  bad("CSV: a column twice", csv("age,age\n1,1\n"), 400, "DATA_INVALID", 'the column "age" twice'),
  bad(
    "CSV: a missing column",
    csv("age\n1\n"),
    400,
    "FIELD_MISSING",
    '"member" is missing in line 2',
  ),
  bad(
    "CSV: an empty cell",
    csv("age,member\n1,true\n,true\n"),
    400,
    "FIELD_MISSING",
    '"age" is missing in line 3',
  ),
  bad(
    "CSV: a word for a number",
    csv("age,member\nold,true\n"),
    400,
    "FIELD_TYPE",
    'in line 2: expected a whole number (years), got "old"',
  ),
  bad(
    "CSV: too few cells",
    csv("age,member\n1\n"),
    400,
    "DATA_INVALID",
    "line 2: expected 2 fields",
  ),
  bad(
    "CSV: an open quote",
    csv('age,member\n"1,true\n'),
    400,
    "DATA_INVALID",
    "quote is never closed",
  ),
  bad(
    "CSV: not UTF-8",
    body("people", "text/csv", Uint8Array.of(97, 255)),
    400,
    "FIELD_INVALID",
    "UTF-8",
  ),
  bad("JSON Lines: no object", lines("1\n"), 400, "FIELD_TYPE", '"inputs[0]"'),
  bad(
    "JSON Lines: cut off",
    lines('{"age":1,"member":true}\n{"age"'),
    400,
    "JSON_INVALID",
    "at byte",
  ),
  bad(
    "JSON Lines: a bad row",
    lines('{"age":1,"member":true}\n{"age":"x"}\n'),
    400,
    "FIELD_TYPE",
    '"age" in row 1',
  ),
  bad(
    "form: no boundary",
    body("people", "multipart/form-data", "x"),
    400,
    "DATA_INVALID",
    "the form",
  ),
  bad(
    "form: cut off",
    form("people", ['name="age"\r\n\r\n1'], ""),
    400,
    "DATA_INVALID",
    "the form",
  ),
  bad("form: no parts", form("people", []), 400, "FIELD_MISSING", '"age"'),
  bad(
    "form: an unknown part",
    form("people", ['name="agee"\r\n\r\n1']),
    400,
    "FIELD_UNKNOWN",
    'expected "age"',
  ),
  bad(
    "form: parts of unequal number",
    form("people", ['name="age"\r\n\r\n1', 'name="age"\r\n\r\n2', 'name="member"\r\n\r\ntrue']),
    400,
    "BATCH_MISMATCH",
    '"age" is there 2 times',
  ),
  bad(
    "text: too long",
    json("review", "x".repeat(201)),
    400,
    "FIELD_INVALID",
    "201 characters are over the limit of 200",
  ),
  bad(
    "text: a number",
    json("review", 7),
    400,
    "FIELD_TYPE",
    '"x": expected a string, got a number',
  ),
  bad(
    "text: not UTF-8",
    body("review", "text/plain", Uint8Array.of(255, 254)),
    400,
    "FIELD_INVALID",
    "UTF-8",
  ),
  bad("text: a NUL", json("review", "a\0b"), 400, "INPUT_ELEMENT", "NUL"),
  bad(
    "tensor: too narrow",
    json("matrix", [[1]]),
    400,
    "FIELD_TYPE",
    "nested lists of shape [2] (FP32), got the shape [1]",
  ),
  bad(
    "tensor: ragged",
    json("matrix", {
      x: [
        [1, 2],
        [3, [4]],
      ],
    }),
    400,
    "INPUT_RAGGED",
    "x",
  ),
  bad("tensor: a text", json("matrix", ["a", "b"]), 400, "INPUT_ELEMENT", "a string"),
  bad("image: broken base64", json("picture", "%%%"), 400, "FIELD_INVALID", "not base64"),
  bad("image: base64 of a text", json("picture", "aGVsbG8="), 400, "FIELD_INVALID", "photo"),
  bad("image: a head alone", body("picture", "image/png", PNG_HEAD), 400, "FIELD_INVALID", "photo"),
  bad(
    "image: SVG",
    body("picture", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    400,
    "FIELD_INVALID",
    "photo",
  ),
  bad("image: a text", body("picture", "text/csv", "photo\nx\n"), 415, "CONTENT_TYPE", "image/*"),
  bad(
    "image: an empty file in a form",
    form("picture", ['name="photo"; filename="a.png"\r\n\r\n']),
    400,
    "FIELD_TYPE",
    "an empty file",
  ),
  bad("audio: a text", body("sound", "audio/wav", "hello"), 400, "FIELD_INVALID", "sound"),
  bad("audio: MP3", body("sound", "audio/mpeg", "ID3"), 415, "CONTENT_TYPE", "audio/wav"),
];
