import assert from "node:assert/strict";
import { test } from "node:test";
import { model, node, tensor } from "./build.ts";
import { overrideSignature } from "./overrideSignature.ts";
import { readSignature } from "./signature.ts";
import type { Model } from "./proto/types.ts";
import { runModel } from "../../../test/support/ort.ts";

/** `output_1 = (input_1 - input_2) * 2`, with inner values of tempting names. */
function exported(): Model {
  const value = (name: string) => ({ name, datatype: "FP32", shape: [1, 2] }) as const;
  return model({
    inputs: [value("input_1"), value("input_2")],
    outputs: [value("output_1")],
    initializers: [tensor("two", "FP32", [], new Float32Array([2]))],
    nodes: [
      node("Sub", ["input_1", "input_2"], ["left"]),
      node("Mul", ["left", "two"], ["output_1"]),
    ],
  });
}

const tensorOf = (...data: number[]) =>
  ({ datatype: "FP32", shape: [data.length / 2, 2], data: Float32Array.from(data) }) as const;

test("inputs and outputs get other names and shapes, and compute the same", async () => {
  const named = overrideSignature(exported(), {
    inputs: {
      input_1: { name: "left", shape: ["rows", 2] },
      input_2: { name: "two", shape: ["rows", 2] },
    },
    outputs: { output_1: { name: "difference", shape: ["rows", 2] } },
  });
  assert.deepEqual(readSignature(named), {
    inputs: [
      { name: "left", datatype: "FP32", shape: ["rows", 2] },
      { name: "two", datatype: "FP32", shape: ["rows", 2] },
    ],
    outputs: [{ name: "difference", datatype: "FP32", shape: ["rows", 2] }],
  });
  const feeds = { left: tensorOf(5, 6, 7, 8), two: tensorOf(1, 2, 3, 4) };
  const answer = await runModel(named, feeds);
  assert.deepEqual(answer.get("difference")?.data, Float32Array.of(8, 8, 8, 8));
});

test("two inputs may change their names", async () => {
  const swapped = overrideSignature(exported(), {
    inputs: { input_1: { name: "input_2" }, input_2: { name: "input_1" } },
  });
  const answer = await runModel(swapped, { input_2: tensorOf(5, 5), input_1: tensorOf(1, 2) });
  assert.deepEqual(answer.get("output_1")?.data, Float32Array.of(8, 6));
});

test("nothing to override gives the very model", () => {
  const given = exported();
  assert.equal(overrideSignature(given, {}), given);
  assert.equal(overrideSignature(given, { inputs: { input_1: {} } }), given);
});

test("what the graph does not have, or has already, is an error that says where", () => {
  const fails = (override: Parameters<typeof overrideSignature>[1], problem: RegExp): void => {
    assert.throws(() => overrideSignature(exported(), override, "m.onnx"), problem);
  };
  fails(
    { inputs: { x: {} } },
    /m\.onnx: signature\.inputs\.x: the graph's inputs are input_1, input_2/,
  );
  fails(
    { inputs: { input_1: { name: "input_2" } } },
    /signature\.inputs\.input_1\.name: there is a "input_2" already/,
  );
  fails(
    { outputs: { output_1: { shape: [2] } } },
    /\[2\] has 1 dimensions, the graph's \[1,2\] has 2/,
  );
});
