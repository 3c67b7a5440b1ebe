import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Datatype } from "../datatype.ts";
import { LongshoreError } from "../errors.ts";
import type { ModelContract } from "../validate.ts";
import { content, LIMITS, MATRIX, TABLE, TEXT, toBody, toModel, VECTOR } from "./fixtures.test.ts";
import { decodePredict } from "./predict.ts";

function read(model: ModelContract, body: unknown): ReturnType<typeof content> {
  return content(decodePredict(toBody(body), model, LIMITS).request.inputs);
}

function readRefused(model: ModelContract, body: unknown): string {
  try {
    decodePredict(toBody(body), model, LIMITS);
  } catch (error) {
    assert.ok(error instanceof LongshoreError, String(error));
    return `${error.code} ${error.message}`;
  }
  return assert.fail(`taken: ${JSON.stringify(body)}`);
}

const ROWS = [
  { tag: "foo", signal: [1, 2, 3], sensor: [[1, 2], [3, 4]] }, // prettier-ignore
  { tag: "bar", signal: [3, 4, 1], sensor: [[4, 5], [6, 8]] }, // prettier-ignore
];
const TENSORS = {
  tag: [[2], ["foo", "bar"]],
  signal: [
    [2, 3],
    [1, 2, 3, 3, 4, 1],
  ],
  sensor: [
    [2, 2, 2],
    [1, 2, 3, 4, 4, 5, 6, 8],
  ],
};

describe("rows", () => {
  test("of the one input, without its name", () => {
    assert.deepEqual(read(VECTOR, { instances: [1.5, 2, 3] }), { x: [[3], [1.5, 2, 3]] });
    assert.deepEqual(read(MATRIX, { instances: [[1, 2], [3, 4]] }), { x: [[2, 2], [1, 2, 3, 4]] }); // prettier-ignore
    assert.deepEqual(read(TEXT, { instances: ["foo", "bar"] }), { text: [[2], ["foo", "bar"]] });
  });

  test("of named inputs", () => {
    assert.deepEqual(read(TABLE, { instances: ROWS }), TENSORS);
    assert.deepEqual(read(VECTOR, { instances: [{ x: 1 }, { x: 2 }] }), { x: [[2], [1, 2]] });
  });

  test("are answered as rows", () => {
    const { format } = decodePredict(toBody({ instances: [1] }), VECTOR, LIMITS);
    assert.equal(format, "row");
  });
});

describe("columns", () => {
  test("the one input, without its name", () => {
    assert.deepEqual(read(MATRIX, { inputs: [[1, 2]] }), { x: [[1, 2], [1, 2]] }); // prettier-ignore
    const scalar = toModel([{ name: "x", datatype: "FP32", shape: [] }]);
    assert.deepEqual(read(scalar, { inputs: 7 }), { x: [[], [7]] });
  });

  test("named inputs, and others passed over", () => {
    const inputs = {
      tag: ["foo", "bar"],
      other: [{ deep: [null, "x"] }],
      signal: ROWS.map(({ signal }) => signal),
      sensor: ROWS.map(({ sensor }) => sensor),
    };
    assert.deepEqual(read(TABLE, { inputs }), TENSORS);
    const { format } = decodePredict(toBody({ inputs }), TABLE, LIMITS);
    assert.equal(format, "columnar");
  });

  test("rows and columns of the same table give the same tensors", () => {
    const row = fc.record({
      tag: fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
      signal: fc.array(fc.integer(), { minLength: 3, maxLength: 3 }),
      sensor: fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 }), { minLength: 2, maxLength: 2 }), // prettier-ignore
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (instances) => {
        const inputs = Object.fromEntries(
          (["sensor", "tag", "signal"] as const).map((name) => [
            name,
            instances.map((each) => each[name]),
          ]),
        );
        assert.deepEqual(read(TABLE, { instances }), read(TABLE, { inputs }));
      }),
    );
  });
});

describe("base64", () => {
  const b64 = (text: string): { b64: string } => ({ b64: Buffer.from(text).toString("base64") });

  test("stands for a string, alone and nested", () => {
    assert.deepEqual(read(TEXT, { instances: [b64("foo"), "bar", b64("é ✓")] }), {
      text: [[3], ["foo", "bar", "é ✓"]],
    });
    assert.deepEqual(read(TEXT, { instances: [{ text: b64("foo") }] }), { text: [[1], ["foo"]] });
    assert.deepEqual(read(TEXT, { inputs: [b64("a"), b64("")] }), { text: [[2], ["a", ""]] });
    const scalar = toModel([{ name: "text", datatype: "BYTES", shape: [] }]);
    assert.deepEqual(read(scalar, { inputs: b64("a") }), { text: [[], ["a"]] });
  });

  test("only as the sole key, with a string", () => {
    const named = toModel([{ name: "b64", datatype: "BYTES", shape: ["N"] }]);
    assert.deepEqual(read(named, { instances: [b64("a")] }), { b64: [[1], ["a"]] });
    assert.match(
      readRefused(TEXT, { instances: [{ b64: "YQ==", x: 1 }] }),
      /^INPUT_UNKNOWN input "b64"/,
    );
    assert.match(readRefused(TEXT, { instances: ["a", { b64: 1 }] }), /^INPUT_ELEMENT .* object/);
    assert.match(readRefused(TEXT, { instances: ["a", { text: "b" }] }), /^INPUT_ELEMENT/);
  });

  test("is refused where it is none, or no text", () => {
    assert.match(readRefused(TEXT, { instances: [{ b64: "&" }] }), /is not valid base64/);
    assert.match(readRefused(TEXT, { instances: [{ b64: "/w==" }] }), /bytes that are not UTF-8/);
    assert.match(readRefused(VECTOR, { instances: [{ b64: "YQ==" }] }), /^INPUT_UNKNOWN/);
    assert.match(readRefused(VECTOR, { inputs: [{ b64: "YQ==" }] }), /^INPUT_ELEMENT .* object/);
  });
});

describe("elements", () => {
  const column = (datatype: Datatype): ModelContract =>
    toModel([{ name: "x", datatype, shape: ["N"] }]);

  test("integers must be written as integers", () => {
    for (const datatype of [
      "INT8",
      "UINT8",
      "INT16",
      "INT32",
      "UINT32",
      "INT64",
      "UINT64",
    ] as const) {
      for (const text of ["1.0", "1e2", "1.5", "NaN", '"1"', "true"])
        assert.match(readRefused(column(datatype), `{"instances":[1,${text}]}`), /^INPUT_ELEMENT/, `${datatype} ${text}`); // prettier-ignore
      assert.equal(read(column(datatype), '{"instances":[1,-0,100]}')["x"]?.[1].length, 3);
    }
    assert.match(readRefused(column("INT8"), '{"instances":[128]}'), /INPUT_ELEMENT .* 128/);
    assert.match(readRefused(column("INT32"), "{\"instances\":[99999999999999999999]}"), /INPUT_ELEMENT/); // prettier-ignore
    assert.deepEqual(read(column("INT64"), '{"instances":[9223372036854775807]}'), {
      x: [[1], [9223372036854775807n]],
    });
  });

  test("bools must be words", () => {
    assert.deepEqual(read(column("BOOL"), { instances: [true, false] }), { x: [[2], [1, 0]] });
    for (const one of [1, 0, "true"])
      assert.match(readRefused(column("BOOL"), { instances: [true, one] }), /^INPUT_ELEMENT/);
    assert.match(
      readRefused(column("BOOL"), { instances: [1] }),
      /is a JSON number; expected true/,
    );
  });

  test("floats may be NaN and infinite, by word only", () => {
    for (const datatype of ["FP32", "FP64"] as const) {
      const { x } = read(column(datatype), '{"instances":[1,NaN,Infinity,-Infinity,-1]}');
      assert.deepEqual(x, [[5], [1, Number.NaN, Infinity, -Infinity, -1]]);
      assert.match(readRefused(column(datatype), '{"instances":[1e999]}'), /^INPUT_ELEMENT/);
    }
    assert.deepEqual(read(column("BF16"), '{"instances":[NaN,Infinity]}')["x"]?.[1], [0x7fc0, 0x7f80]); // prettier-ignore
    assert.deepEqual(read(column("FP16"), '{"instances":[-Infinity]}')["x"]?.[1], [0xfc00]);
    for (const word of ["nan", "Inf", "-NaN", "infinity", "NaNa", "-"])
      assert.match(readRefused(VECTOR, `{"instances":[1,${word}]}`), /^JSON_INVALID/, word);
    assert.match(readRefused(column("BOOL"), '{"instances":[NaN]}'), /^INPUT_ELEMENT/);
    assert.match(readRefused(column("BYTES"), '{"instances":[NaN]}'), /^INPUT_ELEMENT/);
  });

  test("what is passed over may hold such words too", () => {
    assert.deepEqual(read(VECTOR, '{"more":[NaN,-Infinity],"instances":[1]}'), { x: [[1], [1]] });
  });
});

describe("what is refused", () => {
  const CASES: readonly (readonly [string, ModelContract, unknown, RegExp])[] = [
    ["nothing", VECTOR, "", /^BODY_EMPTY .*"instances"/],
    ["no object", VECTOR, "[1]", /^FIELD_TYPE/],
    ["neither form", VECTOR, {}, /^FIELD_MISSING field "instances"/],
    ["both forms", VECTOR, { instances: [1], inputs: [1] }, /only one of "instances" and "inputs"/],
    ["both, the other way round", VECTOR, { inputs: [1], instances: [1] }, /only one of/],
    ["no rows", VECTOR, { instances: [] }, /^FIELD_INVALID field "instances": it has no values/],
    ["rows in no array", VECTOR, { instances: { x: 1 } }, /^FIELD_TYPE field "instances"/],
    ["another signature", VECTOR, { signature_name: "other", instances: [1] }, /Serving signature name: "other" not found in signature def/], // prettier-ignore
    ["a signature that is no name", VECTOR, { signature_name: 1, instances: [1] }, /^FIELD_TYPE/],
    ["plain rows of several inputs", TABLE, { instances: [1] }, /^FIELD_TYPE field "instances\[0\]".*"tag", "signal", "sensor"/], // prettier-ignore
    ["a plain tensor for several", TABLE, { inputs: [1] }, /^FIELD_TYPE field "inputs"/],
    ["a row without an input", TABLE, { instances: [ROWS[0], { tag: "x", signal: [1, 2, 3] }] }, /^INPUT_MISSING input "sensor" .* in instances\[1\]/], // prettier-ignore
    [
      "a row with one too many",
      VECTOR,
      { instances: [{ x: 1, y: 2 }] },
      /^INPUT_UNKNOWN input "y"/,
    ],
    ["columns without an input", TABLE, { inputs: { tag: ["a"] } }, /^INPUT_MISSING/],
    [
      "a row that is none",
      VECTOR,
      { instances: [{ x: 1 }, 2] },
      /^FIELD_TYPE field "instances\[1\]"/,
    ],
    ["an object among values", VECTOR, { instances: [1, { x: 1 }] }, /^INPUT_ELEMENT/],
    ["rows of different lengths", MATRIX, { instances: [[1, 2], [3]] }, /^INPUT_RAGGED .*instances\[1\]/], // prettier-ignore
    ["rows of different depths", MATRIX, { instances: [[1, 2], 3] }, /^INPUT_RAGGED/],
    ["the wrong rank", MATRIX, { instances: [1, 2] }, /^INPUT_MISMATCH .*got FP32\[2\]/],
    ["a missing value", VECTOR, { instances: [null] }, /^INPUT_ELEMENT .* null/],
    ["too many elements", VECTOR, { instances: Array(10_001).fill(0) }, /^INPUT_TOO_LARGE/],
    ["a repeated key", VECTOR, '{"instances":[1],"instances":[2]}', /^JSON_DUPLICATE/],
    ["a repeated input", VECTOR, '{"instances":[{"x":1,"x":2}]}', /^JSON_DUPLICATE/],
    ["more after the end", VECTOR, '{"instances":[1]} x', /^JSON_INVALID/],
    ["an end in the middle", VECTOR, '{"instances":[1', /^JSON_INVALID/],
    ["too deep", VECTOR, `{"instances":${"[".repeat(40)}`, /^JSON_TOO_DEEP/],
  ];
  for (const [name, model, body, expected] of CASES)
    test(name, () => assert.match(readRefused(model, body), expected));
});

test("hostile bytes give an error of the catalogue, never another one", () => {
  const good = toBody({ signature_name: "serving_default", instances: ROWS });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, cut) => {
      const bytes = good.slice(0, Math.max(cut, at + 1));
      bytes[at] = byte;
      try {
        decodePredict(bytes, TABLE, LIMITS);
      } catch (error) {
        assert.ok(error instanceof LongshoreError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
