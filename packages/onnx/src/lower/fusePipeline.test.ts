import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { model, node, tensor } from "../build.ts";
import { readSignature } from "../signature.ts";
import {
  assertSame,
  build,
  BUNDLE,
  classifier,
  GIVEN,
  open,
  operators,
  parse,
  told,
  type Bundle,
} from "./bundle.test.ts";
import { fusePipeline } from "./fusePipeline.ts";

test("a whole pipeline of a table goes into the graph", async () => {
  const bundle = await open(parse(BUNDLE), classifier());
  const { built, fused } = await build(bundle);
  assert.deepEqual(fused.kept, { before: 0, after: 0 });
  assert.ok(fused.steps.every((step) => step.fused));
  assert.deepEqual(fused.before, [
    { step: "combine", columns: ["age", "income", "height"], into: "numbers" },
    { step: "combine", columns: ["city"], into: "texts", datatype: "BYTES" },
  ]);
  assert.deepEqual(fused.after, [
    { step: "split", column: "risk", into: ["risk"] },
    { step: "split", column: "diagnosis", into: ["diagnosis"] },
  ]);
  assert.deepEqual(readSignature(fused.model), {
    inputs: [
      { name: "numbers", datatype: "FP32", shape: ["N", 3] },
      { name: "texts", datatype: "BYTES", shape: ["N", 1] },
    ],
    outputs: [
      { name: "risk", datatype: "FP32", shape: ["N", 1] },
      { name: "diagnosis", datatype: "BYTES", shape: ["N", 1] },
    ],
  });
  await assertSame(bundle, built, GIVEN);
});

test("a scaler in front of a layer becomes part of its weights", async () => {
  const before = [
    { step: "standardize", columns: ["a", "b"], mean: [4, -2], scale: [2, 0.5] },
    { step: "combine", columns: ["a", "b"], into: "x" },
  ];
  const product = (mean: number): Promise<Bundle> =>
    open(
      parse({
        inputs: { a: { type: "number" }, b: { type: "number" } },
        pipeline: { before: [{ ...before[0], mean: [mean, -2] }, before[1]] },
      }),
      model({
        inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
        outputs: [{ name: "y", datatype: "FP32", shape: ["N", 1] }],
        initializers: [tensor("w", "FP32", [2, 1], Float32Array.of(3, 5))],
        nodes: [node("MatMul", ["x", "w"], ["y"])],
      }),
    );
  const near = await build(await product(4));
  assert.deepEqual(operators(near.fused.model), ["MatMul", "Add"]);
  await assertSame(await product(4), near.built, { a: [1, 2.5], b: [0, -7] });
  // Subtracted after the product, a shift of a million scales would take all digits with it.
  const far = await build(await product(2e6));
  assert.deepEqual(operators(far.fused.model), ["Sub", "Div", "MatMul"]);
  await assertSame(await product(2e6), far.built, { a: [2e6, 2e6 + 1], b: [0, -7] });
});

test("a scaler stays where others read what it gives", async () => {
  const manifest = {
    inputs: { a: { type: "number" }, b: { type: "number" } },
    pipeline: {
      before: [
        { step: "standardize", columns: ["a", "b"], mean: [4, -2], scale: [2, 0.5] },
        { step: "combine", columns: ["a", "b"], into: "x" },
      ],
    },
  };
  const twice = model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
    outputs: [
      { name: "y", datatype: "FP32", shape: ["N", 1] },
      { name: "z", datatype: "FP32", shape: ["N", 2] },
    ],
    initializers: [tensor("w", "FP32", [2, 1], Float32Array.of(3, 5))],
    nodes: [node("MatMul", ["x", "w"], ["y"]), node("Neg", ["x"], ["z"])],
  });
  const bundle = await open(parse(manifest), twice);
  const { built, fused } = await build(bundle);
  assert.deepEqual(operators(fused.model).toSorted(), ["Div", "MatMul", "Neg", "Sub"]);
  await assertSame(bundle, built, { a: [1, 2.5], b: [0, -7] });
});

describe("what cannot go into the graph stays outside, and is told", () => {
  test("a step that ONNX has no operators for, and all in front of it", async () => {
    const [impute, clip, log, scale, , combine] = BUNDLE.pipeline.before;
    const strict = {
      step: "one-hot",
      columns: ["city"],
      categories: [["Bergen", "Oslo", "Tromsø"]],
    };
    const manifest = {
      ...BUNDLE,
      pipeline: {
        before: [impute, strict, clip, log, scale, combine],
        after: [
          { step: "softmax", column: "logits" },
          { step: "labels", column: "logits", labels: ["benign", "malignant"] },
          { step: "top-k", column: "logits", k: 1, into: "diagnosis" },
          { step: "pick", column: "logits", at: "malignant", into: "risk" },
        ],
      },
      outputs: {
        diagnosis: { type: "json" },
        risk: { type: "number" },
        logits: { type: "tensor" },
      },
    };
    const bundle = await open(parse(manifest), classifier());
    const { built, fused } = await build(bundle);
    assert.deepEqual(told(fused), [
      "impute: stands before `one-hot`, which stays outside",
      "one-hot: ONNX has no operators for it",
      "clip",
      "log",
      "standardize",
      "combine",
      "softmax",
      "labels",
      "top-k: ONNX has no operators for it",
      "pick: stands behind `top-k`, which stays outside",
    ]);
    assert.deepEqual(fused.kept, { before: 2, after: 2 });
    assert.deepEqual(fused.after[0], {
      step: "labels",
      column: "logits",
      labels: ["benign", "malignant"],
    });
    await assertSame(bundle, built, { ...GIVEN, city: ["Oslo", "Bergen", "Tromsø"] });
  });

  test("a number that becomes an integer, as a graph cannot refuse a fraction", async () => {
    const doubled = model({
      inputs: [{ name: "age", datatype: "INT64", shape: ["N", 1] }],
      outputs: [{ name: "y", datatype: "INT64", shape: ["N", 1] }],
      nodes: [node("Add", ["age", "age"], ["y"])],
    });
    const manifest = {
      inputs: { age: { type: "number" } },
      pipeline: { before: [{ step: "clip", columns: ["age"], min: 0 }] },
    };
    const bundle = await open(parse(manifest), doubled);
    const fused = fusePipeline(bundle.model, bundle.signature, bundle.pipeline);
    assert.equal(fused.model, bundle.model);
    assert.match(
      told(fused)[0]!,
      /^clip: the model's input "age" is INT64, and a graph cannot refuse/,
    );
  });

  test("what would compute nothing there", async () => {
    const manifest = {
      inputs: Object.fromEntries([..."abcdef"].map((name) => [name, { type: "number" }])),
      pipeline: {
        before: [{ step: "combine", columns: [..."abcdef"], into: "x" }],
        after: [{ step: "labels", column: "logits", labels: ["no", "yes"] }],
      },
    };
    const bundle = await open(parse(manifest), classifier());
    const fused = fusePipeline(bundle.model, bundle.signature, bundle.pipeline);
    assert.equal(fused.model, bundle.model);
    assert.deepEqual(
      fused.before,
      bundle.pipeline.steps.before.map(({ config }) => config),
    );
    assert.deepEqual(told(fused), [
      "combine: it computes nothing, but lays out columns",
      "labels: it computes nothing, but lays out columns",
    ]);
  });

  test("a model that is too old", async () => {
    const bundle = await open(parse(BUNDLE), classifier(6));
    assert.throws(
      () => fusePipeline(bundle.model, bundle.signature, bundle.pipeline),
      /opset 6 cannot be upgraded to 17: opset 6 is older than 7/,
    );
  });
});
