/** What tests of half precision share. */
import assert from "node:assert/strict";
import { toTypedArray, type Tensor } from "@longshore/core";
import {
  checkGraph,
  intAttribute,
  readSignature,
  tensor,
  walkModel,
  type Model,
  type TensorProto,
} from "@longshore/onnx";

export type Numbers = readonly number[];

export const fp32 = (shape: readonly number[], values: Numbers): Tensor => ({
  datatype: "FP32",
  shape,
  data: Float32Array.from(values),
});
export const weights = (name: string, dims: number[], values: Numbers): TensorProto =>
  tensor(name, "FP32", dims, Float32Array.from(values));
export const values = ({ datatype, data }: Tensor): number[] =>
  Array.from(toTypedArray(datatype, data), Number);
/** Checks what must hold of a model in half precision: valid, of the same signature, no cast twice. */
export function assertSound(before: Model, half: Model): void {
  assert.deepEqual(checkGraph(half), []);
  assert.deepEqual(readSignature(half), readSignature(before));
  const casts = new Set<string>();
  walkModel(half, {
    node(cast) {
      if (cast.opType !== "Cast") return;
      const key = `${cast.inputs[0]} to ${intAttribute(cast, "to", 0)}`;
      assert.ok(!casts.has(key), `two casts of ${key}`);
      casts.add(key);
    },
  });
}

export function assertNear(got: Numbers, expected: Numbers, tolerance: number): void {
  assert.equal(got.length, expected.length);
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(got[index]! - value);
    assert.ok(
      difference <= tolerance,
      `[${index}]: ${got[index]}, expected ${value} ± ${tolerance}`,
    );
  }
}
