import assert from "node:assert/strict";
import { test } from "node:test";
import { tellNotices } from "./tellNotices.ts";

test("notices are told once for all versions of a model, and when they change", () => {
  const told: string[] = [];
  const tell = tellNotices(({ kind, name, version, reason }) =>
    told.push(`${kind} ${name}/${version} ${reason}`),
  );
  const source = (name: string, version: string, notices?: string[]) =>
    tell({
      name,
      version,
      file: "",
      folder: "",
      manifest: {},
      fingerprint: "",
      codeAllowed: false,
      ...(notices && { notices }),
    });
  source("a", "2", ["x", "y"]);
  source("a", "1", ["x", "y"]);
  source("b", "1");
  source("b", "1", ["x"]);
  source("a", "2", ["y"]);
  source("b", "1", []);
  source("b", "1", ["x"]);
  assert.deepEqual(told, [
    "notice a/2 x",
    "notice a/2 y",
    "notice b/1 x",
    "notice a/2 y",
    "notice b/1 x",
  ]);
});
