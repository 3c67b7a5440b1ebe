import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DATATYPES, type Datatype } from "../datatype.ts";
import { LongshoreError } from "../errors.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import type { TensorSpec } from "../signature.ts";
import { elementCount, toBytes, toTypedArray, type Tensor } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { decodePredict, encodePredict, type DecodedPredict } from "./index.ts";

const LIMITS = { maxDepth: 16, maxElements: 10_000 };

/** One input: a batch of rows of two numbers. */
const MATRIX = toModel([{ name: "x", datatype: "FP32", shape: ["N", 2] }]);
/** A table: one number, one text and one vector a row. */
const TABLE = toModel([
  { name: "age", datatype: "INT64", shape: ["N", 1] },
  { name: "city", datatype: "BYTES", shape: ["N", 1] },
  { name: "v", datatype: "FP32", shape: ["N", 2] },
]);
/** One number a row, and nothing that tells a row from a batch. */
const COLUMN = toModel([{ name: "age", datatype: "FP32", shape: ["N", 1] }]);
/** No batch axis at all. */
const FIXED = toModel([{ name: "x", datatype: "FP32", shape: [1, 2] }]);
const VECTOR = toModel([{ name: "x", datatype: "FP32", shape: ["N"] }]);

function toModel(inputs: TensorSpec[]): ModelContract {
  const outputs: TensorSpec[] = [
    { name: "label", datatype: "INT64", shape: ["N"] },
    { name: "score", datatype: "FP32", shape: ["N", 1] },
    { name: "p", datatype: "FP32", shape: ["N", 2], labels: ["no", 'y"es'] },
    { name: "table", datatype: "FP32", shape: ["N", 2, 2] },
    { name: "bias", datatype: "FP32", shape: [] },
  ];
  return { name: "m", signature: { inputs, outputs } };
}

function decode(model: ModelContract, inputs: unknown, rest: object = {}): DecodedPredict {
  return decodePredict(encodeUtf8(JSON.stringify({ inputs, ...rest })), model, LIMITS);
}

/** Shape and elements of every input. */
function content({ request }: DecodedPredict): Record<string, [readonly number[], unknown[]]> {
  return Object.fromEntries(
    [...request.inputs].map(([name, { datatype, shape, data }]) => [
      name,
      [shape, datatype === "BYTES" ? [...(data as string[])] : [...toTypedArray(datatype, data)]],
    ]),
  );
}

describe("inputs", () => {
  const table = { age: [[2], [1, 2]], city: [[2], ["a", "b"]], v: [[2], [1, 2, 3, 4]] } as const;
  const rows = {
    age: [
      [2, 1],
      [1n, 2n],
    ],
    city: [[2, 1], table.city[1]],
    v: [[2, 2], table.v[1]],
  };
  const cases: [name: string, ModelContract, inputs: unknown, kind: string, expected: object][] = [
    [
      "nested arrays",
      MATRIX,
      [
        [1, 2],
        [3, 4],
      ],
      "columns",
      {
        x: [
          [2, 2],
          [1, 2, 3, 4],
        ],
      },
    ],
    [
      "one row",
      MATRIX,
      [1, 2],
      "row",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    ["no rows", VECTOR, [], "columns", { x: [[0], []] }],
    [
      "nested arrays by name",
      MATRIX,
      { x: [[1, 2]] },
      "columns",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "one row by name",
      MATRIX,
      { x: [1, 2] },
      "row",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "rows",
      MATRIX,
      [{ x: [1, 2] }, { x: [3, 4] }],
      "rows",
      {
        x: [
          [2, 2],
          [1, 2, 3, 4],
        ],
      },
    ],
    ["a vector", VECTOR, [1, 2, 3], "columns", { x: [[3], [1, 2, 3]] }],
    ["a number as a row", VECTOR, 5, "row", { x: [[1], [5]] }],
    ["numbers as rows", VECTOR, [{ x: 5 }, { x: 6 }], "rows", { x: [[2], [5, 6]] }],
    [
      "no batch axis",
      FIXED,
      [[1, 2]],
      "columns",
      {
        x: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "columns in full",
      TABLE,
      {
        age: [[1], [2]],
        city: [["a"], ["b"]],
        v: [
          [1, 2],
          [3, 4],
        ],
      },
      "columns",
      rows,
    ],
    [
      "columns as plain lists",
      TABLE,
      {
        age: [1, 2],
        city: ["a", "b"],
        v: [
          [1, 2],
          [3, 4],
        ],
      },
      "columns",
      rows,
    ],
    [
      "rows with plain values",
      TABLE,
      [
        { age: 1, city: "a", v: [1, 2] },
        { v: [3, 4], city: "b", age: 2 },
      ],
      "rows",
      rows,
    ],
    [
      "rows with lists of one",
      TABLE,
      [
        { age: [1], city: ["a"], v: [1, 2] },
        { age: [2], city: ["b"], v: [3, 4] },
      ],
      "rows",
      rows,
    ],
    [
      "a single row",
      TABLE,
      { age: 1, city: "a", v: [1, 2] },
      "row",
      {
        age: [[1, 1], [1n]],
        city: [[1, 1], ["a"]],
        v: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    [
      "a single row with lists of one",
      TABLE,
      { age: [1], city: ["a"], v: [1, 2] },
      "row",
      {
        age: [[1, 1], [1n]],
        city: [[1, 1], ["a"]],
        v: [
          [1, 2],
          [1, 2],
        ],
      },
    ],
    ["a list of one number is a batch", COLUMN, { age: [41] }, "columns", { age: [[1, 1], [41]] }],
    [
      "as longer lists are",
      COLUMN,
      { age: [41, 36] },
      "columns",
      {
        age: [
          [2, 1],
          [41, 36],
        ],
      },
    ],
    ["a number alone is a row", COLUMN, { age: 41 }, "row", { age: [[1, 1], [41]] }],
  ];
  for (const [name, model, inputs, kind, expected] of cases) {
    test(name, () => {
      const decoded = decode(model, inputs);
      assert.equal(decoded.form.kind, kind);
      assert.deepEqual(content(decoded), expected);
    });
  }

  test("outputs and parameters", () => {
    const decoded = decode(MATRIX, [1, 2], {
      outputs: ["p", "label"],
      parameters: { priority: 1, timeout: 9 },
    });
    assert.deepEqual(decoded.request.outputs, ["p", "label"]);
    assert.equal(decoded.request.priority, 1);
    assert.equal(decoded.timeoutUs, 9);
    assert.deepEqual(Object.keys(decode(MATRIX, [1, 2]).request), ["inputs"]);
  });
});

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

describe("answers", () => {
  const outputs = new Map<string, Tensor>([
    ["label", { datatype: "INT64", shape: [2], data: BigInt64Array.of(1n, -(2n ** 60n)) }],
    ["score", { datatype: "FP32", shape: [2, 1], data: Float32Array.of(0.1, Number.NaN) }],
    ["p", { datatype: "FP32", shape: [2, 2], data: Float32Array.of(0.9, 0.1, 0.2, 0.8) }],
    [
      "table",
      { datatype: "FP32", shape: [2, 2, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    ],
  ]);
  const encode = (form: DecodedPredict["form"], chosen: Map<string, Tensor> = outputs): string =>
    encodePredict({ model: "m", version: "2", outputs: chosen }, form, MATRIX.signature);
  const wrap = (text: string): string => `{"model":"m","version":"2","outputs":${text}}`;
  const first = '{"label":1,"score":0.1,"p":{"no":0.9,"y\\"es":0.1},"table":[[1,2],[3,4]]}';
  const second =
    '{"label":-1152921504606846976,"score":null,"p":{"no":0.2,"y\\"es":0.8},"table":[[5,6],[7,8]]}';

  test("columns", () => {
    assert.equal(
      encode({ kind: "columns" }),
      wrap(
        '{"label":[1,-1152921504606846976],"score":[[0.1],[null]],' +
          '"p":[{"no":0.9,"y\\"es":0.1},{"no":0.2,"y\\"es":0.8}],"table":[[[1,2],[3,4]],[[5,6],[7,8]]]}',
      ),
    );
  });

  test("rows", () => {
    assert.equal(encode({ kind: "rows", count: 2 }), wrap(`[${first},${second}]`));
  });

  test("a row is what it would be among rows", () => {
    const one = new Map(
      [...outputs].map(([name, { datatype, shape, data }]) => {
        const values = toTypedArray(datatype, data);
        return [
          name,
          { datatype, shape: [1, ...shape.slice(1)], data: values.subarray(0, values.length / 2) },
        ];
      }),
    );
    assert.equal(encode({ kind: "row" }, one), wrap(first));
    assert.equal(encode({ kind: "rows", count: 1 }, one), wrap(`[${first}]`));
  });

  test("an output without rows keeps a row's answer whole, and makes rows columns", () => {
    const bias: Tensor = { datatype: "FP32", shape: [], data: Float32Array.of(3) };
    const label: Tensor = { datatype: "INT64", shape: [1], data: BigInt64Array.of(7n) };
    const both = new Map([
      ["label", label],
      ["bias", bias],
    ]);
    assert.equal(encode({ kind: "row" }, both), wrap('{"label":7,"bias":3}'));
    assert.equal(encode({ kind: "rows", count: 1 }, both), wrap('{"label":[7],"bias":3}'));
  });

  test("an output of another number of rows makes rows columns", () => {
    const label: Tensor = { datatype: "INT64", shape: [3], data: BigInt64Array.of(7n, 8n, 9n) };
    assert.equal(
      encode({ kind: "rows", count: 2 }, new Map([["label", label]])),
      wrap('{"label":[7,8,9]}'),
    );
  });

  test("no rows", () => {
    const none = new Map<string, Tensor>([
      ["table", { datatype: "FP32", shape: [0, 2, 2], data: new Float32Array(0) }],
    ]);
    assert.equal(encode({ kind: "columns" }, none), wrap('{"table":[]}'));
  });
});

test("a tensor of any type and shape survives the way out and in again", () => {
  const datatypes = Object.keys(DATATYPES) as Datatype[];
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  const tensor = fc.tuple(fc.constantFrom(...datatypes), shape).chain(([datatype, dimensions]) => {
    const count = elementCount(dimensions);
    if (datatype === "BYTES") {
      return fc
        .array(fc.string({ unit: "grapheme" }), { minLength: count, maxLength: count })
        .map((data): Tensor => ({
          datatype,
          shape: dimensions,
          data: data.map((text) => text.replaceAll("\0", "")),
        }));
    }
    // Bytes up to 0x3f make every float finite; as a bool only 0 and 1 will do.
    const max = datatype === "BOOL" ? 1 : 0x3f;
    const length = count * DATATYPES[datatype].size;
    return fc
      .array(fc.integer({ min: 0, max }), { minLength: length, maxLength: length })
      .map((bytes): Tensor => ({ datatype, shape: dimensions, data: Uint8Array.from(bytes) }));
  });
  const form = fc.constantFrom("columns", "rows", "row");
  fc.assert(
    fc.property(tensor, form, ({ datatype, shape: [rows, ...rest], data }, kind) => {
      // A list of one number is a batch, so that such a row does not come back as one.
      fc.pre(!(kind === "row" && rows !== 1));
      const spec: TensorSpec = { name: "x", datatype, shape: ["N", ...rest] };
      const signature = { inputs: [spec], outputs: [spec] };
      const written = { datatype, shape: [rows!, ...rest], data };
      const text = encodePredict(
        { model: "m", version: "1", outputs: new Map([["x", written]]) },
        kind === "rows" ? { kind, count: rows! } : { kind: kind as "row" | "columns" },
        signature,
      );
      const body = encodeUtf8(text.replace(/^.*?"outputs":/, '{"inputs":'));
      const decoded = decodePredict(body, { name: "m", signature }, LIMITS);
      assert.equal(decoded.form.kind, kind);
      const read = decoded.request.inputs.get("x")!;
      assert.deepEqual(read.shape, written.shape);
      const bits = (value: Tensor["data"]): unknown =>
        Array.isArray(value) ? value : [...toBytes(value as ArrayBufferView)];
      assert.deepStrictEqual(bits(read.data), bits(data));
    }),
    { numRuns: 1500 },
  );
});
