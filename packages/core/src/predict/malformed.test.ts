import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LongshoreError } from "../errors.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import type { ModelContract } from "../validate.ts";
import { FIXED, LIMITS, MATRIX, TABLE, VECTOR } from "./fixtures.test.ts";
import { decodePredict } from "./index.ts";

describe("malformed requests", () => {
  const cases: [name: string, ModelContract, body: string, code: string, message: RegExp][] = [
    ["no body", MATRIX, "", "BODY_EMPTY", /field "inputs"/],
    [
      "no object",
      MATRIX,
      "[[1,2]]",
      "FIELD_TYPE",
      /expected an object with the field "inputs", got an array/,
    ],
    ["no inputs", MATRIX, '{"input":[[1,2]]}', "FIELD_MISSING", /"inputs" is missing/],
    [
      "arrays for several inputs",
      TABLE,
      '{"inputs":[[1,2]]}',
      "FIELD_TYPE",
      /an object with the inputs "age", "city", "v"/,
    ],
    ["an unknown input", MATRIX, '{"inputs":{"y":[1,2]}}', "INPUT_UNKNOWN", /"y".*"x"/],
    [
      "an unknown input in a row",
      MATRIX,
      '{"inputs":[{"x":[1,2]},{"y":[1,2]}]}',
      "INPUT_UNKNOWN",
      /"y"/,
    ],
    [
      "a missing input",
      TABLE,
      '{"inputs":{"age":[1],"city":["a"]}}',
      "INPUT_MISSING",
      /"v" is missing/,
    ],
    [
      "a missing input in a row",
      TABLE,
      '{"inputs":[{"age":1,"city":"a","v":[1,2]},{"age":1,"v":[1,2]}]}',
      "INPUT_MISSING",
      /"city" is missing; expected BYTES\[-1,1\] in inputs\[1\]/,
    ],
    ["an input twice", MATRIX, '{"inputs":{"x":[1,2],"x":[1,2]}}', "JSON_DUPLICATE", /"x"/],
    [
      "rows and something else",
      MATRIX,
      '{"inputs":[{"x":[1,2]},[1,2]]}',
      "FIELD_TYPE",
      /inputs\[1\].*an object, as the rows before it, got an array/,
    ],
    [
      "ragged rows",
      MATRIX,
      '{"inputs":[[1,2],[3]]}',
      "INPUT_RAGGED",
      /ragged at inputs\[1\]: expected an array of 2, got an array of 1/,
    ],
    [
      "ragged by name",
      MATRIX,
      '{"inputs":{"x":[[1,2],[3,[4]]]}}',
      "INPUT_RAGGED",
      /ragged at inputs\.x\[1\]\[1\]/,
    ],
    [
      "ragged over row objects",
      MATRIX,
      '{"inputs":[{"x":[1,2]},{"x":[3]}]}',
      "INPUT_RAGGED",
      /ragged at inputs\[1\]/,
    ],
    [
      "an element of another type",
      MATRIX,
      '{"inputs":[[1,"2"]]}',
      "INPUT_ELEMENT",
      /element 1 is a string/,
    ],
    ["a fraction for an integer", TABLE, '{"inputs":{"age":[1.5]}}', "INPUT_ELEMENT", /1\.5/],
    [
      "too wide",
      MATRIX,
      '{"inputs":[[1,2,3]]}',
      "INPUT_MISMATCH",
      /expected FP32\[-1,2\], got FP32\[1,3\]/,
    ],
    ["too wide a row", MATRIX, '{"inputs":[1,2,3]}', "INPUT_MISMATCH", /got FP32\[1,3\]/],
    ["too deep", MATRIX, '{"inputs":[[[1,2]]]}', "INPUT_MISMATCH", /got FP32\[1,1,2\]/],
    ["a number", MATRIX, '{"inputs":5}', "INPUT_MISMATCH", /got FP32\[\]/],
    [
      "a row where none can be",
      FIXED,
      '{"inputs":[1,2]}',
      "INPUT_MISMATCH",
      /expected FP32\[1,2\], got FP32\[2\]/,
    ],
    [
      "a row beside a batch",
      TABLE,
      '{"inputs":{"age":1,"city":["a"],"v":[[1,2]]}}',
      "BATCH_MISMATCH",
      /"age" is one row, "city" is a batch, "v" is a batch/,
    ],
    [
      "one row beside a list of two",
      TABLE,
      '{"inputs":{"age":[1,2],"city":"a","v":[1,2]}}',
      "BATCH_MISMATCH",
      /"age" is a batch, "city" is one row, "v" is one row/,
    ],
    ["null", MATRIX, '{"inputs":null}', "INPUT_ELEMENT", /null/],
    [
      "over the element limit",
      VECTOR,
      `{"inputs":[${"1,".repeat(10_000)}1]}`,
      "INPUT_TOO_LARGE",
      /limit of 10000/,
    ],
    [
      "outputs of another kind",
      MATRIX,
      '{"inputs":[1,2],"outputs":"p"}',
      "FIELD_TYPE",
      /array of output names/,
    ],
    [
      "an output that is no name",
      MATRIX,
      '{"inputs":[1,2],"outputs":[1]}',
      "FIELD_TYPE",
      /outputs\[0\]/,
    ],
    ["an unknown output", MATRIX, '{"inputs":[1,2],"outputs":["q"]}', "OUTPUT_UNKNOWN", /"q"/],
    [
      "a bad timeout",
      MATRIX,
      '{"inputs":[1,2],"parameters":{"timeout":-1}}',
      "PARAMETER_INVALID",
      /timeout/,
    ],
    ["an empty object", MATRIX, '{"inputs":{}}', "INPUT_MISSING", /"x"/],
    ["broken JSON", MATRIX, '{"inputs":[1,2}', "JSON_INVALID", /byte 14/],
  ];
  for (const [name, model, body, code, message] of cases) {
    test(name, () => {
      assert.throws(() => decodePredict(encodeUtf8(body), model, LIMITS), {
        code,
        message,
        status: 400,
      });
    });
  }

  test("any mutation gives a result or an error of the catalogue", () => {
    const valid = [
      '{"inputs":[[1,2],[3,4]],"outputs":["p"]}',
      '{"inputs":[{"age":1,"city":"a","v":[1,2]},{"age":2,"city":"b","v":[3,4]}]}',
      '{"inputs":{"age":[1],"city":["a"],"v":[[1,2]]},"parameters":{"priority":1}}',
    ];
    const mutation = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.constantFrom(...'[]{},:"1.-e', "", "null", "\u0000"),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...valid),
        fc.array(mutation, { maxLength: 4 }),
        fc.constantFrom(MATRIX, TABLE, VECTOR),
        (text, mutations, model) => {
          let body = text;
          for (const { at, remove, insert } of mutations) {
            const start = at % (body.length + 1);
            body = body.slice(0, start) + insert + body.slice(start + remove);
          }
          try {
            decodePredict(encodeUtf8(body), model, LIMITS);
          } catch (error) {
            assert.ok(error instanceof LongshoreError, String(error));
            assert.equal(error.status, 400);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});
