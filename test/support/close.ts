import assert from "node:assert/strict";
import type { Tensor, Tensors } from "@longshore/core";

/**
 * Asserts that a model gave what is expected: the same types and shapes, and equal elements, those
 * of FP32 and FP64 to within `tolerance` relative to the element or to 1, whichever is larger.
 */
export function assertClose(
  got: Tensors,
  expected: Tensors,
  tolerance: number,
  what: string = "output",
): void {
  for (const [name, tensor] of expected) {
    const other = got.get(name);
    assert.ok(other, `${what}: no "${name}"`);
    assertTensorClose(other, tensor, tolerance, `${what} "${name}"`);
  }
}

function assertTensorClose(got: Tensor, expected: Tensor, tolerance: number, what: string): void {
  assert.equal(got.datatype, expected.datatype, what);
  assert.deepEqual(got.shape, expected.shape, what);
  if (expected.datatype !== "FP32" && expected.datatype !== "FP64") {
    assert.deepEqual(got.data, expected.data, what);
    return;
  }
  const values = got.data as Float32Array;
  for (const [at, value] of (expected.data as Float32Array).entries()) {
    const other = values[at]!;
    if (other === value || (Number.isNaN(other) && Number.isNaN(value))) continue;
    const allowed = tolerance * Math.max(1, Math.abs(value));
    assert.ok(Math.abs(other - value) <= allowed, `${what}[${at}]: got ${other}, not ${value}`);
  }
}
