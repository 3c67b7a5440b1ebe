import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  ERRORS,
  fail,
  GRPC_STATUS,
  HTTP_STATUS,
  LongshoreError,
  toErrorBody,
  type GrpcStatus,
} from "@longshore/core";

const root = join(import.meta.dirname, "..");
const sources = globSync("packages/*/src/**/*.ts", { cwd: root })
  .filter((file) => !file.endsWith(".test.ts") && !file.endsWith("core/src/errors.ts"))
  .map((file) => readFileSync(join(root, file), "utf8"))
  .join("\n");

test("every error of the catalogue is made somewhere", () => {
  const unused = Object.keys(ERRORS).filter((code) => !sources.includes(`"${code}"`));
  assert.deepEqual(unused, []);
});

test("every error says more than its code, and no status but INTERNAL's is the server's fault by accident", () => {
  for (const [code, template] of Object.entries(ERRORS)) {
    assert.ok(template.length > 5, code);
    assert.doesNotMatch(template, /^[A-Z][a-z].*\.$/, `${code}: a clause, not a sentence`);
  }
  const serverFaults = Object.entries(HTTP_STATUS).filter(([, status]) => status >= 500);
  assert.deepEqual(serverFaults.map(([code]) => code).toSorted(), [
    "INTERNAL",
    "MODEL_UNREADY",
    "QUEUE_FULL",
    "REMOTE_FAILED",
    "SERVABLE_TIMEOUT",
    "STOPPING",
    "TIMEOUT",
  ]);
});

test("each gRPC status fits the HTTP status", () => {
  const fitting: Readonly<Record<number, readonly GrpcStatus[]>> = {
    400: ["INVALID_ARGUMENT", "FAILED_PRECONDITION"],
    404: ["NOT_FOUND", "UNIMPLEMENTED"],
    405: ["UNIMPLEMENTED"],
    413: ["RESOURCE_EXHAUSTED"],
    415: ["INVALID_ARGUMENT", "UNIMPLEMENTED"],
    422: ["INVALID_ARGUMENT"],
    429: ["RESOURCE_EXHAUSTED"],
    499: ["CANCELLED"],
    500: ["INTERNAL"],
    502: ["UNAVAILABLE"],
    503: ["UNAVAILABLE", "DEADLINE_EXCEEDED"],
    504: ["DEADLINE_EXCEEDED"],
  };
  assert.deepEqual(Object.keys(GRPC_STATUS).toSorted(), Object.keys(ERRORS).toSorted());
  for (const [code, status] of Object.entries(GRPC_STATUS)) {
    const http = HTTP_STATUS[code as keyof typeof HTTP_STATUS];
    assert.ok(fitting[http]?.includes(status), `${code}: ${http} and ${status}`);
  }
});

test("an error has its values in its message, its code, and its request's id", () => {
  const error = fail("INPUT_DUPLICATE", { input: "x" });
  assert.ok(error instanceof LongshoreError);
  assert.deepEqual(toErrorBody(error, "r1"), {
    error: 'input "x" is given twice',
    code: "INPUT_DUPLICATE",
    request_id: "r1",
  });
});

test("a hostile value does not make a hostile message", () => {
  const { message } = fail("INPUT_DUPLICATE", { input: "x".repeat(1_000_000) });
  assert.ok(message.length < 400);
  assert.equal(
    fail("INPUT_DUPLICATE", { input: "{input}" }).message,
    'input "{input}" is given twice',
  );
});
