import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dimension } from "@longshore/core";
import { findBatchAxis } from "./batch.ts";
import { model, node, tensor, tensorType } from "./build.ts";
import { readSignature, UNKNOWN_RANK } from "./signature.ts";

test("symbolic axes keep their names, unnamed and negative ones become ?", () => {
  const dims = [{ dimParam: "N" }, { dimValue: 3 }, {}, { dimValue: -1 }, { dimParam: "" }];
  const built = model({
    inputs: [{ name: "x", type: { tensorType: { elemType: 10, shape: { dims } } } }],
    outputs: [
      { name: "y", datatype: "BYTES", shape: [] },
      { name: "z", type: tensorType("BOOL") },
    ],
    nodes: [],
  });
  assert.deepEqual(readSignature(built), {
    inputs: [{ name: "x", datatype: "FP16", shape: ["N", 3, "?", "?", "?"] }],
    outputs: [
      { name: "y", datatype: "BYTES", shape: [] },
      { name: "z", datatype: "BOOL", shape: [UNKNOWN_RANK] },
    ],
  });
});

test("an initializer that is listed as an input is none", () => {
  const built = model({
    irVersion: 3,
    inputs: ["x", "w", "s"].map((name) => ({ name, datatype: "FP32" as const, shape: [1] })),
    outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
    initializers: [tensor("w", "FP32", [1], Float32Array.of(2))],
    nodes: [node("Mul", ["x", "w"], ["y"])],
  });
  const values = tensor("s", "FP32", [0], new Float32Array());
  const indices = tensor("", "INT64", [0], new BigInt64Array());
  built.graph.sparseInitializers = [{ values, indices, dims: [1] }];
  assert.deepEqual(
    readSignature(built).inputs.map(({ name }) => name),
    ["x"],
  );
});

test("a type that nothing can carry is named", () => {
  const float8 = { name: "y", type: { tensorType: { elemType: 17 } } };
  const built = model({ inputs: [], outputs: [float8], nodes: [] });
  const message = /^LongshoreError: m\.onnx: output "y" is tensor\(FLOAT8E4M3FN\)/;
  assert.throws(() => readSignature(built, "m.onnx"), message);
});

type Shapes = Readonly<Record<string, readonly Dimension[]>>;

const JUDGED: readonly (readonly [inputs: Shapes, outputs: Shapes, reason: RegExp | true])[] = [
  [{ x: ["N", 4] }, { y: ["N", 2], z: ["N"] }, true],
  [{ x: ["?", 4] }, { y: ["?"] }, true],
  [{ x: ["N"], mask: ["?"] }, { y: ["N"] }, true],
  [{}, { y: ["N"] }, /no inputs/],
  [{ x: [1, 4] }, { y: ["N"] }, /first axis of input "x" is fixed at 1/],
  [{ x: ["N"] }, { y: [] }, /output "y" is a scalar/],
  [{ x: ["N"] }, { y: [UNKNOWN_RANK] }, /rank of output "y" is not known/],
  [
    { x: ["N"], ids: ["M"] },
    { y: ["N"] },
    /first axis of input "ids" is M, that of input "x" is N/,
  ],
  [{ x: ["N", 3] }, { y: ["N", "N"] }, /output "y" has N on a further axis too/],
];

for (const [inputs, outputs, expected] of JUDGED) {
  test(`batching: ${JSON.stringify(inputs)} to ${JSON.stringify(outputs)}`, () => {
    const specs = (shapes: Shapes) =>
      Object.entries(shapes).map(([name, shape]) => ({ name, datatype: "FP32" as const, shape }));
    const { batchable, reason } = findBatchAxis({ inputs: specs(inputs), outputs: specs(outputs) });
    assert.equal(batchable, expected === true, reason);
    if (expected !== true) assert.match(reason, expected);
  });
}
