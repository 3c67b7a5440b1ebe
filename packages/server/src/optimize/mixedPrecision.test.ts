import assert from "node:assert/strict";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { model, node, tensor, type Model } from "@longshore/onnx";
import { temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { openLab } from "./lab.ts";
import { mixPrecision } from "./mixedPrecision.ts";
import { groupLayers } from "./sensitivity.ts";

const WIDTH = 16;

/** The same numbers every time, from -1 to 1. */
function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    const value = Math.sin((index + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (value - Math.floor(value)) - 1;
  });
}

/**
 * Four layers; what goes into the third has one channel a thousand times as large as the others,
 * whose share of the answer is as large as its. In 8 bits, only that channel is left.
 */
function lopsidedModel(): Model {
  const scale = Float32Array.from({ length: WIDTH }, (_, index) => (index === 0 ? 1000 : 1));
  const layer = (index: number): Float32Array => {
    const weights = numbers(WIDTH * WIDTH, index);
    // Each row of the third layer's weights takes the scale of its channel back.
    return index === 2
      ? weights.map((value, at) => value / scale[Math.floor(at / WIDTH)]!)
      : weights;
  };
  const gemm = (index: number, from: string) => ({
    ...node("Gemm", [from, `w${index}`], [`y${index}`]),
    name: `layer${index}`,
  });
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", WIDTH] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", WIDTH] }],
    initializers: [
      ...[0, 1, 2, 3].map((index) => tensor(`w${index}`, "FP32", [WIDTH, WIDTH], layer(index))),
      tensor("scale", "FP32", [WIDTH], scale),
    ],
    nodes: [
      gemm(0, "x"),
      node("Tanh", ["y0"], ["a0"]),
      gemm(1, "a0"),
      node("Tanh", ["y1"], ["a1"]),
      node("Mul", ["a1", "scale"], ["scaled"]),
      gemm(2, "scaled"),
      node("Tanh", ["y2"], ["a2"]),
      gemm(3, "a2"),
      node("Identity", ["y3"], ["y"]),
    ],
  });
}

test("the layer that loses most stays in float, and that is enough", async () => {
  using folder = temporaryFolder();
  const file = writeOnnx(join(folder.path, "lopsided.onnx"), lopsidedModel());
  const rows = Array.from({ length: 60 }, (_, row) => numbers(WIDTH, 100 + row).join(","));
  const data = join(folder.path, "rows.csv");
  const header = Array.from({ length: WIDTH }, (_, index) => `x${index}`).join(",");
  writeFileSync(data, `${header}\n${rows.join("\n")}\n`);
  await using lab = await openLab({
    model: { name: "lopsided", version: "1", file },
    data,
    signature: undefined,
    sampleOptions: {},
    metric: "sqnr",
    maxDrop: 0.005,
    goal: "size",
    target: "x64-vnni",
    batch: 8,
    rounds: 1,
    longshore: "0.0.0",
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const original = await lab.builder.ask({
    type: "evaluate",
    model: { file, examination: lab.original.examination },
    hopeless: 1,
  });
  const recipe = {
    name: "static int8",
    steps: [{ pass: "staticInt8", method: "minmax" }],
  } as const;
  const { attempt, sensitivity } = await mixPrecision(lab, recipe, original);
  assert.equal(attempt.status, "measured", attempt.reason);
  assert.equal(attempt.name, "static int8, 1 of 4 layers in float");
  assert.ok(attempt.quality!.drop <= 0.005);
  const [worst, ...others] = sensitivity!.groups;
  assert.deepEqual(worst!.layers, ["layer2"]);
  for (const { sqnr } of others)
    assert.ok(Number(sqnr) > Number(worst!.sqnr) + 3, JSON.stringify(sensitivity));
});

test("groups hold neighbours, each layer once, and differ by one at most", () => {
  for (const [layers, groups] of [
    [1, 32],
    [5, 32],
    [54, 32],
    [64, 32],
    [200, 32],
    [7, 3],
  ] as const) {
    const all = Array.from({ length: layers }, (_, index) => ({ name: `${index}`, nodes: [] }));
    const grouped = groupLayers(all, groups);
    assert.deepEqual(grouped.flat(), all);
    assert.equal(grouped.length, Math.min(layers, groups));
    const sizes = grouped.map(({ length }) => length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1 && Math.min(...sizes) > 0);
  }
});
