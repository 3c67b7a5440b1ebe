import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { test } from "node:test";
import fc from "fast-check";
import { toBytes, type InferRequest, type Tensor } from "@longshore/core";
import { cacheKey, keyText } from "./key.ts";

/** Few names, shapes and bytes, so that requests are often equal, or almost. */
const tensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc
    .record({
      datatype: fc.constantFrom("UINT8" as const, "INT8" as const, "BOOL" as const),
      shape: fc.array(fc.nat(2), { maxLength: 2 }),
      data: fc.uint8Array({ maxLength: 3, max: 2 }),
    })
    .map((drawn): Tensor => drawn),
  fc
    .array(fc.constantFrom("", "a", '"', ",", "]", "\uD800", "\uFFFD"), { maxLength: 2 })
    .map((data): Tensor => ({ datatype: "BYTES", shape: [data.length], data })),
);
const request: fc.Arbitrary<InferRequest> = fc
  .record({
    inputs: fc.dictionary(fc.constantFrom("x", "y", "x,y"), tensor, { maxKeys: 2 }),
    outputs: fc.option(fc.subarray(["a", "b", "a,b"]), { nil: undefined }),
  })
  .map(({ inputs, outputs }) => ({
    inputs: new Map(Object.entries(inputs)),
    ...(outputs && { outputs }),
  }));

function textOf({ inputs, outputs }: InferRequest): string {
  return Buffer.concat(keyText(inputs, outputs).map((chunk) => Buffer.from(chunk))).toString("hex");
}

function isEqual(a: InferRequest, b: InferRequest): boolean {
  return isDeepStrictEqual([a.inputs, a.outputs], [b.inputs, b.outputs]);
}

test("property: what is hashed is the same for equal requests, and for no others", () => {
  fc.assert(
    fc.property(request, request, (a, b) => {
      assert.equal(textOf(a) === textOf(b), isEqual(a, b));
      assert.equal(cacheKey(a) === cacheKey(b), isEqual(a, b));
    }),
    { numRuns: 3000 },
  );
});

test("what differs in any way has another key", () => {
  const data = Uint8Array.of(1, 2, 3, 4);
  const x: Tensor = { datatype: "UINT8", shape: [2, 2], data };
  const requests: InferRequest[] = [
    { inputs: new Map([["x", x]]) },
    { inputs: new Map([["x", x]]), outputs: [] },
    { inputs: new Map([["x", x]]), outputs: ["a", "b"] },
    { inputs: new Map([["x", x]]), outputs: ["b", "a"] },
    { inputs: new Map([["x", x]]), outputs: ["a,b"] },
    { inputs: new Map([["y", x]]) },
    { inputs: new Map([["x", { ...x, datatype: "INT8" }]]) },
    { inputs: new Map([["x", { ...x, shape: [4] }]]) },
    { inputs: new Map([["x", { ...x, data: Uint8Array.of(1, 2, 3, 5) }]]) },
    { inputs: new Map([["x", { datatype: "BYTES", shape: [1], data: ["ab"] }]]) },
    { inputs: new Map([["x", { datatype: "BYTES", shape: [2], data: ["a", "b"] }]]) },
    { inputs: new Map([["x", { datatype: "BYTES", shape: [2], data: ["ab", ""] }]]) },
    {
      inputs: new Map([
        ["x", { ...x, shape: [1], data: data.subarray(0, 1) }],
        ["y", { ...x, shape: [3], data: data.subarray(1) }],
      ]),
    },
    {
      inputs: new Map([
        ["x", { ...x, shape: [3], data: data.subarray(0, 3) }],
        ["y", { ...x, shape: [1], data: data.subarray(3) }],
      ]),
    },
  ];
  assert.equal(new Set(requests.map(cacheKey)).size, requests.length);
});

test("neither the order of inputs, nor the form of their bytes, nor who asks how urgently matters", () => {
  const floats = Float32Array.of(1.5, -2);
  const x: Tensor = { datatype: "FP32", shape: [2], data: floats };
  const bytes = Buffer.concat([Buffer.from([0]), toBytes(floats)]).subarray(1);
  const y: Tensor = { datatype: "BOOL", shape: [1], data: Uint8Array.of(1) };
  const entries: [string, Tensor][] = [
    ["x", x],
    ["y", y],
  ];
  const key = cacheKey({ inputs: new Map(entries) });
  assert.equal(cacheKey({ inputs: new Map(entries.toReversed()), priority: 3 }), key);
  assert.equal(cacheKey({ inputs: new Map([...entries, ["x", { ...x, data: bytes }]]) }), key);
});
