import assert from "node:assert/strict";
import { test } from "node:test";
import { toField } from "./fields.ts";
import { MAX_FIELDS_SIZE, RequestFields } from "./requestFields.ts";

const REQUEST: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/a.B/C"],
  ["te", "trailers"],
];

function gather(fields: readonly (readonly [string, string])[]): RequestFields {
  const gathered = new RequestFields();
  for (const [name, value] of fields) gathered.add(toField(name, value));
  return gathered;
}

test("a request's headers; those that come twice are joined", () => {
  const fields = gather([...REQUEST, ["x", "1"], ["x", ""], ["x", "größe"]]);
  assert.ok(fields.isRequest);
  assert.equal(fields.headers[":path"], "/a.B/C");
  assert.equal(fields.headers["x"], "1, , größe");
  assert.equal(fields.headers["constructor"], undefined);
});

test("what makes a request malformed", () => {
  const bad: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    "no method": REQUEST.slice(1),
    "no scheme": REQUEST.filter(([name]) => name !== ":scheme"),
    "no path": REQUEST.filter(([name]) => name !== ":path"),
    "an empty path": REQUEST.map(([name, value]) => [name, name === ":path" ? "" : value]),
    "a second path": [[":path", "/"], ...REQUEST],
    "an unknown pseudo-header": [[":proto", "x"], ...REQUEST],
    "a status": [[":status", "200"], ...REQUEST],
    "a pseudo-header behind others": [["x", "1"], ...REQUEST],
    "a capital letter": [...REQUEST, ["X", "1"]],
    "an empty name": [...REQUEST, ["", "1"]],
    "a name with a space": [...REQUEST, ["a b", "1"]],
    "a field of a connection": [...REQUEST, ["connection", "close"]],
    "transfer-encoding": [...REQUEST, ["transfer-encoding", "chunked"]],
    "another te": [...REQUEST.slice(0, 3), ["te", "gzip"]],
    "a line feed": [...REQUEST, ["x", "a\nb"]],
    "a zero": [...REQUEST, ["x", "\0"]],
    "a space in front": [...REQUEST, ["x", " a"]],
    "a tab behind": [...REQUEST, ["x", "a\t"]],
  };
  for (const [name, fields] of Object.entries(bad)) {
    assert.equal(gather(fields).isRequest, false, name);
  }
});

test("a list over the limit is not kept", () => {
  const value = "x".repeat(1_000);
  const many = Array.from({ length: 100 }, (_, index) => [`n${index}`, value] as const);
  const fields = gather([...REQUEST, ...many]);
  assert.ok(fields.isTooLarge);
  assert.ok(JSON.stringify(fields.headers).length < MAX_FIELDS_SIZE);
});
