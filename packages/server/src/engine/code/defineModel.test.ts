import assert from "node:assert/strict";
import { test } from "node:test";
import { defineModel } from "./defineModel.ts";

/** Compiles only if both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(value?: T): T | undefined => value;

test("the types of predict follow from the declared inputs and outputs", async () => {
  const model = defineModel({
    inputs: {
      stops: { datatype: "FP32", shape: ["N", 10, 2] },
      ids: { datatype: "INT64", shape: ["N"] },
      names: { datatype: "BYTES", shape: ["N"] },
    },
    outputs: {
      order: { datatype: "INT32", shape: ["N", 10] },
      label: { datatype: "BYTES", shape: ["N"] },
    },
    load: async ({ folder }) => ({ factor: folder.length }),
    predict(inputs, state) {
      holds<Same<typeof inputs.stops.data, Float32Array<ArrayBuffer>>>();
      holds<Same<typeof inputs.ids.data, BigInt64Array<ArrayBuffer>>>();
      holds<Same<typeof inputs.names.data, readonly string[]>>();
      holds<Same<typeof inputs.stops.datatype, "FP32">>();
      holds<Same<typeof state, { factor: number }>>();
      // @ts-expect-error There is no such input.
      void inputs.others;
      return {
        order: { shape: [1, 10], data: new Int32Array(10).fill(state.factor) },
        label: [...inputs.names.data],
      };
    },
  });
  const outputs = await model.predict(
    {
      stops: { datatype: "FP32", shape: [1, 10, 2], data: new Float32Array(20) },
      ids: { datatype: "INT64", shape: [1], data: BigInt64Array.of(1n) },
      names: { datatype: "BYTES", shape: [1], data: ["a"] },
    },
    { factor: 3 },
  );
  assert.deepEqual(outputs.label, ["a"]);
});

test("what predict must not give does not compile", () => {
  const inputs = { x: { datatype: "FP32", shape: ["N"] } } as const;
  defineModel({
    inputs,
    outputs: { y: { datatype: "FP32", shape: ["N"] } },
    // @ts-expect-error The elements of FP32 are in a Float32Array.
    predict: ({ x }) => ({ y: Float64Array.from(x.data) }),
  });
  defineModel({
    inputs,
    outputs: { y: { datatype: "FP32", shape: ["N"] } },
    // @ts-expect-error The output is missing.
    predict: () => ({}),
  });
  defineModel({
    // @ts-expect-error There is no such data type.
    inputs: { x: { datatype: "FLOAT", shape: [] } },
    outputs: {},
    predict: () => ({}),
  });
});
