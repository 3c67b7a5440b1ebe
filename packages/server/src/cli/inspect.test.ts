import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { ROOT, succeed } from "./process.test.ts";

test("inspect shows signature, labels, what has to change, operators and parameters", async () => {
  const screen = await succeed(["inspect", "examples/breast-cancer"]);
  for (const line of [
    /^model +breast-cancer, version 1$/m,
    /^format +ONNX IR \d+, opset ai\.onnx \d+, ai\.onnx\.ml \d+$/m,
    /^parameters +\d+ \(FP32 \d+ bytes\)$/m,
    /^compute +180 FLOPs, 60 multiply-accumulates, where \? = 1$/m,
    /^activations +128 bytes, where \? = 1$/m,
    /^batching +possible: /m,
    /^to serve it +.*output_probability.*ZipMap/m,
    /^features +FP32 +\[\S+, 30\]$/m,
    /^output_probability +FP32 +\[\S+, 2\] +benign, malignant$/m,
    /^operator +nodes +parameters +FLOPs +activations$/m,
    /^ai\.onnx\.ml\.LinearClassifier +1 +62 +120 +8 bytes$/m,
  ]) {
    assert.match(screen, line);
  }
});

test("inspect shows what a bundle's callers send and get, and the steps between", async () => {
  const screen = await succeed(["inspect", "examples/digits"]);
  for (const line of [
    /^field +type +values +about$/m,
    /^image +image +One digit$/m,
    /^before the model +drawing → normalize → layout$/m,
    /^after the model +labels$/m,
    /^digit +category +0, 1, 2, 3, 4, 5, 6, 7, 8, 9 *$/m,
  ]) {
    assert.match(screen, line);
  }
  const { bundle } = JSON.parse(await succeed(["inspect", "examples/diabetes", "--json"])) as {
    bundle: { task: string; inputs: { bmi: object } };
  };
  assert.equal(bundle.task, "tabular-regression");
  assert.deepEqual(bundle.inputs.bmi, {
    type: "number",
    unit: "kg/m²",
    range: [18, 42.2],
    description: "Body mass index.",
    example: 25.3,
  });
});

test("inspect --json holds the same for programs", async () => {
  const inspection = JSON.parse(
    await succeed(["inspect", "examples/digits/model.onnx", "--json"]),
  ) as {
    name: string;
    bytes: number;
    signature: { inputs: { name: string }[] };
    operators: { operator: string; count: number; flops: number; parameters: number }[];
    costs: { macs: number; withoutFlops: number };
    parameters: { count: number };
  };
  const file = await readFile(join(ROOT, "examples/digits/model.onnx"));
  assert.equal(inspection.bytes, file.byteLength);
  assert.deepEqual(
    inspection.signature.inputs.map((input) => input.name),
    ["pixels"],
  );
  assert.ok(
    inspection.operators.some(
      ({ operator, count, ...costs }) =>
        operator === "MatMul" &&
        count === 2 &&
        costs.flops === 2 * 7104 &&
        costs.parameters === 7104,
    ),
  );
  assert.deepEqual([inspection.costs.macs, inspection.costs.withoutFlops], [7104, 0]);
});

test("inspect --graph shows the graph, a node a line", async () => {
  const screen = await succeed(["inspect", "examples/digits", "--graph"]);
  for (const line of [
    /^ONNX IR \d+, opset ai\.onnx \d+/,
    /^ {2}in {5}pixels: FP32\[\S+,64\]$/m,
    /^ {2}\w+: FP32\[\S+,10\] = MatMul "[^"]+"\(\w+, \w+\)$/m,
  ]) {
    assert.match(screen, line);
  }
});
