import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { model, node } from "../build.ts";
import { assertSame, build, BUNDLE, classifier, GIVEN, open, parse, told } from "./bundle.test.ts";
import { fusePipeline } from "./fusePipeline.ts";

describe("models of every kind", () => {
  for (const opset of [9, 13, 18, 21])
    test(`opset ${opset}`, async () => {
      const bundle = await open(parse(BUNDLE), classifier(opset));
      const { built } = await build(bundle);
      await assertSame(bundle, built, GIVEN);
    });

  test("names that inputs, inner values and outputs share", async () => {
    const taken = model({
      inputs: [
        { name: "x", datatype: "FP32", shape: ["N", 2] },
        { name: "age", datatype: "INT64", shape: ["N"] },
        { name: "extra", datatype: "FP32", shape: ["N", 2] },
      ],
      outputs: [
        { name: "texts", datatype: "FP32", shape: ["N", 2] },
        { name: "y", datatype: "FP32", shape: ["N", 2] },
        { name: "x", datatype: "FP32", shape: ["N", 2] },
      ],
      nodes: [
        node("Cast", ["age"], ["floats"], { to: 1 }),
        node("Add", ["x", "extra"], ["numbers"]),
        node("Relu", ["numbers"], ["y"]),
        node("Neg", ["extra"], ["texts"]),
      ],
    });
    const manifest = {
      inputs: {
        age: { type: "number" },
        weight: { type: "number" },
        extra: { type: "tensor", datatype: "FP32", shape: [2] },
      },
      outputs: {
        y: { type: "tensor" },
        x: { type: "tensor" },
        texts: { type: "number" },
        extra: { type: "tensor" },
      },
      pipeline: {
        before: [
          { step: "log", columns: ["weight"] },
          { step: "combine", columns: ["age", "weight"], into: "x", keep: true },
        ],
        after: [
          { step: "softmax", column: "y" },
          { step: "sigmoid", column: "x" },
          { step: "pick", column: "texts", at: 1 },
        ],
      },
    };
    const bundle = await open(parse(manifest), taken);
    const { built, fused } = await build(bundle);
    assert.ok(fused.steps.every((step) => step.fused));
    assert.deepEqual(
      built.signature.inputs.map(({ name }) => name),
      ["age", "extra", "numbers"],
    );
    await assertSame(bundle, built, {
      age: [3, 40],
      weight: [0, 7],
      extra: { datatype: "FP32", shape: [2, 2], data: [1, -2, 3, 4] },
    });
  });

  test("an image that is laid out in place, and needed under its name after the model", async () => {
    const image = model({
      inputs: [{ name: "pixels", datatype: "UINT8", shape: ["N", 3, 2] }],
      outputs: [{ name: "y", datatype: "UINT8", shape: ["N", 3, 2] }],
      nodes: [node("Identity", ["pixels"], ["y"])],
    });
    const manifest = {
      inputs: { pixels: { type: "tensor", datatype: "UINT8", shape: [2, 3] } },
      pipeline: { before: [{ step: "transpose", column: "pixels", axes: [1, 0] }] },
    };
    const given = {
      pixels: { datatype: "UINT8", shape: [1, 2, 3], data: [1, 2, 3, 4, 5, 6] },
    } as const;
    const plain = await open(parse(manifest), image);
    const { built, fused } = await build(plain);
    assert.deepEqual(told(fused), ["transpose"]);
    assert.deepEqual(built.signature.inputs[0]!.shape, ["N", 2, 3]);
    await assertSame(plain, built, given);
    // A graph cannot give back under a name what it takes under it.
    const both = await open(parse({ ...manifest, outputs: { pixels: { type: "tensor" } } }), image);
    const kept = fusePipeline(both.model, both.signature, both.pipeline);
    assert.match(
      told(kept)[0]!,
      /^transpose: a step after the model needs a column under the name/,
    );
  });

  test("labels that a ZipMap told are still told", async () => {
    const zipMap = model({
      inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
      outputs: [
        {
          name: "p",
          type: {
            sequenceType: {
              elemType: { mapType: { keyType: 8, valueType: { tensorType: { elemType: 1 } } } },
            },
          },
        },
      ],
      nodes: [
        node("Softmax", ["x"], ["scores"], { axis: -1 }),
        node("ZipMap", ["scores"], ["p"], { classlabels_strings: ["no", "yes"] }, "ai.onnx.ml"),
      ],
      opset: { "": 17, "ai.onnx.ml": 1 },
    });
    const manifest = {
      inputs: { a: { type: "number" }, b: { type: "number" } },
      pipeline: {
        before: [
          { step: "clip", columns: ["a"], max: 1 },
          { step: "combine", columns: ["a", "b"], into: "x" },
        ],
      },
    };
    const bundle = await open(parse(manifest), zipMap);
    const { built } = await build(bundle);
    assert.deepEqual(built.pipeline.answer, bundle.pipeline.answer);
    await assertSame(bundle, built, { a: [1, 2], b: [0, 3] });
  });

  test("an input of the model that a step after it reads", async () => {
    const manifest = {
      inputs: { a: { type: "number" }, b: { type: "number" } },
      outputs: { first: { type: "number" }, y: { type: "tensor" } },
      pipeline: {
        before: [
          { step: "clip", columns: ["a"], max: 1 },
          { step: "combine", columns: ["a", "b"], into: "x" },
        ],
        after: [
          { step: "power-back", column: "y", method: "box-cox", lambda: 0 },
          { step: "pick", column: "x", at: 0, into: "first" },
        ],
      },
    };
    const relu = model({
      inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
      outputs: [{ name: "y", datatype: "FP32", shape: ["N", 2] }],
      nodes: [node("Relu", ["x"], ["y"])],
    });
    const bundle = await open(parse(manifest), relu);
    const { built, fused } = await build(bundle);
    assert.deepEqual(
      built.signature.outputs.map(({ name }) => name),
      ["x", "y"],
    );
    assert.equal(fused.kept.after, 2);
    await assertSame(bundle, built, { a: [1, 2], b: [0, 3] });
  });
});
