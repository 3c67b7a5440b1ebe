import assert from "node:assert/strict";
import { test } from "node:test";
import { joinChunks, readModel, writeModel } from "../model.ts";
import { checkModel } from "../safety.ts";
import type { Model } from "../proto/types.ts";
import { graph, model, node, tensor } from "../build.ts";
import { loadExternalData } from "./loadExternalData.ts";
import { splitExternalData } from "./splitExternalData.ts";

const output = (name: string) => ({ name, datatype: "FP32", shape: [600] }) as const;

/** Tensors of 2.4 KB in the graph, a branch, an attribute, and one in the wider field. */
function nested(): Model {
  const floats = (offset: number): Float32Array =>
    Float32Array.from({ length: 600 }, (_, at) => at + offset);
  const branch = (name: string, offset: number) =>
    graph({
      inputs: [],
      outputs: [output(name)],
      initializers: [tensor(`${name}_w`, "FP32", [600], floats(offset))],
      nodes: [node("Add", ["k", `${name}_w`], [name])],
    });
  return model({
    inputs: [{ name: "c", datatype: "BOOL", shape: [] }],
    outputs: [output("y")],
    initializers: [
      tensor("small", "FP32", [2], new Float32Array(2)),
      { name: "wide", dims: [600], dataType: 10, int32Data: new Int32Array(600).fill(0x3c00) },
      tensor("texts", "BYTES", [1], ["x".repeat(5000)]),
    ],
    nodes: [
      node("Constant", [], ["k"], { value: tensor("k", "FP32", [600], floats(0)) }),
      node("If", ["c"], ["y"], { then_branch: branch("t", 1), else_branch: branch("e", 2) }),
    ],
  });
}

test("large initializers move to aligned places in another file, and come back", async () => {
  const before = nested();
  const { model: split, chunks } = splitExternalData(before, "weights.data");
  const file = joinChunks(chunks);
  const external = checkModel(readModel(joinChunks(writeModel(split))));
  assert.deepEqual(
    external.map(({ tensor: what, location, offset, length }) => [what, location, offset, length]),
    [
      ['initializer "wide"', "weights.data", 0, 1200],
      ['initializer "t_w"', "weights.data", 4096, 2400],
      ['initializer "e_w"', "weights.data", 8192, 2400],
    ],
  );
  assert.equal(file.byteLength, 8192 + 2400);
  const after = await loadExternalData(split, (location, offset, length) => {
    assert.equal(location, "weights.data");
    return file.subarray(offset, offset + length);
  });
  const [, wide] = after.graph.initializers;
  assert.deepEqual(wide, { name: "wide", dims: [600], dataType: 10, rawData: wide!.rawData! });
  assert.deepEqual(
    new Uint16Array(wide.rawData!.slice().buffer),
    new Uint16Array(600).fill(0x3c00),
  );
  const rest = (of: Model): unknown => [of.graph.nodes, of.graph.initializers.toSpliced(1, 1)];
  assert.deepEqual(rest(after), rest(before));
  assert.deepEqual(before, nested());
});

test("nothing is moved where all are smaller, and nothing is read where all are loaded", async () => {
  const before = nested();
  const split = splitExternalData(before, "weights.data", { minBytes: 10_000 });
  assert.deepEqual(split, { model: before, chunks: [] });
  assert.equal(await loadExternalData(before, () => assert.fail("nothing to read")), before);
});

test("data that are too short, and locations that lead elsewhere, are errors that name the tensor", async () => {
  const { model: split } = splitExternalData(nested(), "weights.data");
  await assert.rejects(
    loadExternalData(split, () => new Uint8Array(3), "m.onnx"),
    /m\.onnx: tensor "wide": "weights\.data" gave 3 bytes where 1200 were wanted/,
  );
  const { model: elsewhere } = splitExternalData(nested(), "../weights.data");
  await assert.rejects(
    loadExternalData(elsewhere, () => assert.fail("must not be read")),
    /tensor "wide" has the external data location "\.\.\/weights\.data"/,
  );
});
