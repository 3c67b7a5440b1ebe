import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DATATYPES, type Datatype } from "../datatype.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import type { TensorSpec } from "../signature.ts";
import { elementCount, toBytes, toTypedArray, type Tensor } from "../tensor.ts";
import { LIMITS, MATRIX } from "./fixtures.test.ts";
import { decodePredict, encodePredict, type DecodedPredict } from "./index.ts";

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

  test("labels that are too few, or two of which are the same, are no keys", () => {
    const [spec] = MATRIX.signature.outputs.filter(({ name }) => name === "p");
    for (const labels of [["no"], ["same", "same"]]) {
      const signature = { inputs: [], outputs: [{ ...spec!, labels }] };
      const p = new Map([["p", outputs.get("p")!]]);
      const text = encodePredict({ model: "m", version: "2", outputs: p }, { kind: "columns" }, signature); // prettier-ignore
      assert.equal(text, wrap('{"p":[[0.9,0.1],[0.2,0.8]]}'));
    }
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
