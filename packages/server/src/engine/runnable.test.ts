import assert from "node:assert/strict";
import { test } from "node:test";
import { model, node, tensor } from "@longshore/onnx";
import { openRunnable } from "../../../../test/support/ort.ts";

test("a model in memory runs, and gives tensors of its data types", async () => {
  const runnable = await openRunnable(
    model({
      inputs: [{ name: "x", datatype: "FP32", shape: ["N"] }],
      outputs: [
        { name: "y", datatype: "FP32", shape: ["N"] },
        { name: "n", datatype: "INT64", shape: [1] },
      ],
      initializers: [tensor("two", "FP32", [], new Float32Array([2]))],
      nodes: [node("Mul", ["x", "two"], ["y"]), node("Shape", ["x"], ["n"])],
    }),
  );
  const x = { datatype: "FP32", shape: [3], data: new Float32Array([1, 2, 3]) } as const;
  const outputs = await runnable.run(new Map([["x", x]]));
  await runnable.close();
  assert.deepEqual(outputs.get("y"), {
    datatype: "FP32",
    shape: [3],
    data: new Float32Array([2, 4, 6]),
  });
  assert.deepEqual(outputs.get("n"), {
    datatype: "INT64",
    shape: [1],
    data: new BigInt64Array([3n]),
  });
});

test("a model that ONNX Runtime refuses is an error with its message", async () => {
  const broken = model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N"] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N"] }],
    nodes: [node("NoSuchOperator", ["x"], ["y"])],
  });
  await assert.rejects(openRunnable(broken), /NoSuchOperator/);
});
