import assert from "node:assert/strict";
import { test } from "node:test";
import { LongshoreError } from "../errors.ts";
import { formatServable, parseDescriptionPath, parseInferencePath } from "./path.ts";

test("paths of inference", () => {
  const cases: Record<string, object> = {
    "/v1/models/m:predict": { model: "m", method: "predict" },
    "/v1/models/m/versions/12:classify": { model: "m", version: "12", method: "classify" },
    "/v1/models/m/labels/stable:regress": { model: "m", label: "stable", method: "regress" },
    "/V1/Models/My.Model-1/Versions/007:PREDICT": {
      model: "My.Model-1",
      version: "7",
      method: "predict",
    },
    "/v1/models/a%20b%3A/labels/%C3%A9:predict": { model: "a b:", label: "é", method: "predict" },
    "/v1/models/m/versions/9223372036854775807:predict": {
      model: "m",
      version: "9223372036854775807",
      method: "predict",
    },
  };
  for (const [path, expected] of Object.entries(cases))
    assert.deepEqual(parseInferencePath(path), expected);
});

test("paths of descriptions", () => {
  const cases: Record<string, object> = {
    "/v1/models/m": { model: "m", subject: "status" },
    "/v1/models/m/versions/0": { model: "m", version: "0", subject: "status" },
    "/v1/models/m/metadata": { model: "m", subject: "metadata" },
    "/v1/MODELS/m/labels/L/METADATA": { model: "m", label: "L", subject: "metadata" },
  };
  for (const [path, expected] of Object.entries(cases))
    assert.deepEqual(parseDescriptionPath(path), expected);
});

test("all others are malformed requests", () => {
  const isMalformed = (path: string, method: string) => (error: unknown) =>
    error instanceof LongshoreError &&
    error.status === 400 &&
    error.message.startsWith(`Malformed request: ${method} ${path}; `);
  for (const path of [
    "/v1/foo",
    "/v1/models",
    "/v1/models/m",
    "/v1/models/m:explain",
    "/v1/models/m:predict/",
    "/v1/models/:predict",
    "/v1/models/a/b:predict",
    "/v1/models/m/version/50:regress",
    "/v1/models/m/versions/HELLO:regress",
    "/v1/models/m/versions/1/labels/a:predict",
    "/v1/models/m/versions/18446744073709551615:regress",
    "/v1/models/%FF:predict",
    "/x/v1/models/m:predict",
  ])
    assert.throws(() => parseInferencePath(path), isMalformed(path, "POST"), path);
  for (const path of [
    "/v1/foo",
    "/v1/models/m:predict",
    "/v1/models/m/x",
    "/v1/models/m/metadata/",
  ])
    assert.throws(() => parseDescriptionPath(path), isMalformed(path, "GET"), path);
  assert.throws(() => parseDescriptionPath("/v1/models"), /Missing model name in request/);
});

test("servables are named as in TensorFlow Serving's messages", () => {
  assert.equal(formatServable({ model: "m" }), "Latest(m)");
  assert.equal(formatServable({ model: "m", version: "2" }), "Specific(m, 2)");
});
