import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Tensor } from "./tensor.ts";
import { checkInputs, checkOutputs, type ModelContract } from "./validate.ts";

const MODEL: ModelContract = {
  name: "m",
  signature: {
    inputs: [
      { name: "x", datatype: "FP32", shape: ["N", 3] },
      { name: "flag", datatype: "BOOL", shape: [] },
      { name: "text", datatype: "BYTES", shape: ["N"] },
    ],
    outputs: [
      { name: "y", datatype: "FP32", shape: ["N"] },
      { name: "z", datatype: "INT64", shape: ["N"] },
    ],
  },
};

const GOOD: Record<string, Tensor> = {
  x: { datatype: "FP32", shape: [2, 3], data: new Float32Array(6) },
  flag: { datatype: "BOOL", shape: [], data: Uint8Array.of(1) },
  text: { datatype: "BYTES", shape: [2], data: ["a", ""] },
};

function inputs(changes: Record<string, Tensor | undefined> = {}): Map<string, Tensor> {
  const entries = Object.entries({ ...GOOD, ...changes });
  return new Map(entries.filter((entry): entry is [string, Tensor] => entry[1] !== undefined));
}

test("what the signature says is accepted, over any view", () => {
  checkInputs(MODEL, inputs());
  const bytes = new Uint8Array(25).subarray(1);
  checkInputs(MODEL, inputs({ x: { datatype: "FP32", shape: [2, 3], data: bytes } }));
  checkInputs(MODEL, inputs({ x: { datatype: "FP32", shape: [0, 3], data: new Uint8Array(0) } }));
});

describe("what it does not say is refused", () => {
  const x = (change: Partial<Tensor>): Record<string, Tensor> => ({
    x: { ...GOOD["x"]!, ...change },
  });
  const cases: [string, Record<string, Tensor | undefined>, code: string, message: RegExp][] = [
    ["a missing input", { x: undefined }, "INPUT_MISSING", /"x" is missing; expected FP32\[-1,3\]/],
    [
      "an unknown input",
      { w: GOOD["x"]! },
      "INPUT_UNKNOWN",
      /"w" does not exist; .* "x", "flag", "text"/,
    ],
    ["a misspelt input", { x: undefined, X: GOOD["x"]! }, "INPUT_UNKNOWN", /"X"/],
    [
      "another data type",
      x({ datatype: "FP64" }),
      "INPUT_MISMATCH",
      /FP32\[-1,3\], got FP64\[2,3\]/,
    ],
    ["another length", x({ shape: [2, 4] }), "INPUT_MISMATCH", /got FP32\[2,4\]/],
    ["another rank", x({ shape: [6] }), "INPUT_MISMATCH", /got FP32\[6\]/],
    ["a negative length", x({ shape: [-1, 3] }), "INPUT_SHAPE", /\[-1,3\] is not valid/],
    ["a fractional length", x({ shape: [1.5, 3] }), "INPUT_SHAPE", /\[1\.5,3\]/],
    ["an overflowing length", x({ shape: [2 ** 52, 3] }), "INPUT_SHAPE", /below 2\^53/],
    ["too few bytes", x({ shape: [3, 3] }), "INPUT_COUNT", /needs 36 bytes of FP32, got 24/],
    [
      "too many elements",
      x({ shape: [2000, 3] }),
      "INPUT_TOO_LARGE",
      /6000 elements are over .* 100/,
    ],
    ["strings as numbers", x({ data: ["a"] }), "INPUT_COUNT", /got strings/],
    [
      "a scalar with an axis",
      { flag: { ...GOOD["flag"]!, shape: [1] } },
      "INPUT_MISMATCH",
      /BOOL\[\], got BOOL\[1\]/,
    ],
    [
      "a bool of 2",
      { flag: { ...GOOD["flag"]!, data: Uint8Array.of(2) } },
      "INPUT_ELEMENT",
      /the byte 2/,
    ],
    [
      "too few strings",
      { text: { ...GOOD["text"]!, data: ["a"] } },
      "INPUT_COUNT",
      /needs 2 strings, got 1/,
    ],
    [
      "bytes as strings",
      { text: { ...GOOD["text"]!, data: new Uint8Array(2) } },
      "INPUT_COUNT",
      /got bytes/,
    ],
    [
      "NUL in a string",
      { text: { ...GOOD["text"]!, data: ["a", "b\0c"] } },
      "INPUT_ELEMENT",
      /element 1 is a string with a NUL/,
    ],
  ];
  for (const [name, changes, code, message] of cases) {
    test(name, () => {
      assert.throws(() => checkInputs(MODEL, inputs(changes), { maxElements: 100 }), {
        code,
        message,
      });
    });
  }

  test("outputs", () => {
    checkOutputs(MODEL, ["z", "y"]);
    checkOutputs(MODEL, []);
    assert.throws(() => checkOutputs(MODEL, ["q"]), {
      code: "OUTPUT_UNKNOWN",
      message: /"y", "z"/,
    });
    assert.throws(() => checkOutputs(MODEL, ["y", "y"]), { code: "OUTPUT_DUPLICATE" });
  });
});
