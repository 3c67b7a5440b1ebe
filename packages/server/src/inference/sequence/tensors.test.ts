import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fromBfloat16,
  fromFloat16,
  toTypedArray,
  type Datatype,
  type Tensor,
} from "@longshore/core";
import { controlTensor, detach, initialState } from "./tensors.ts";

function values({ datatype, data }: Tensor): unknown[] {
  if (datatype === "BYTES") return [...(data as readonly string[])];
  const elements = [...toTypedArray(datatype, data)];
  if (datatype === "FP16") return elements.map((bits) => fromFloat16(bits as number));
  return datatype === "BF16" ? elements.map((bits) => fromBfloat16(bits as number)) : elements;
}

const spec = (datatype: Datatype) => ({ name: "c", datatype, shape: ["N", 1] }) as const;

test("a sequence starts with the value that is set, in every data type", () => {
  const start = (datatype: Datatype, initial: number): unknown[] =>
    values(initialState({ input: spec(datatype), output: "o", initial, shape: [1, 2] }));
  for (const datatype of ["FP16", "BF16", "FP32", "FP64", "INT8", "UINT16", "INT32"] as const) {
    assert.deepEqual(start(datatype, 2), [2, 2], datatype);
  }
  assert.deepEqual(start("FP16", 0.5), [0.5, 0.5]);
  assert.deepEqual(start("INT64", -3), [-3n, -3n]);
  assert.deepEqual(start("BOOL", 1), [1, 1]);
  assert.deepEqual(start("BYTES", 0), ["", ""]);
});

test("controls say where a request is in its sequence", () => {
  const position = { id: 9n, start: true, end: false };
  const tell = (kind: "start" | "end" | "ready" | "corrid", datatype: Datatype): unknown[] =>
    values(controlTensor({ kind, spec: spec(datatype) }, position));
  assert.deepEqual(tell("start", "FP32"), [1]);
  assert.deepEqual(tell("end", "INT32"), [0]);
  assert.deepEqual(tell("ready", "BOOL"), [1]);
  assert.deepEqual(tell("start", "INT64"), [1n]);
  assert.deepEqual(tell("corrid", "UINT64"), [9n]);
  assert.deepEqual(tell("corrid", "INT32"), [9]);
  assert.deepEqual(tell("corrid", "BYTES"), ["9"]);
});

test("an id that the model cannot take is refused", () => {
  const tell = (id: bigint | string, datatype: Datatype): Tensor =>
    controlTensor({ kind: "corrid", spec: spec(datatype) }, { id, start: true, end: true });
  assert.deepEqual(values(tell("a", "BYTES")), ["a"]);
  assert.deepEqual(values(tell(2n ** 64n - 1n, "UINT64")), [2n ** 64n - 1n]);
  for (const [id, datatype] of [
    ["a", "UINT64"],
    [2n ** 63n, "INT64"],
    [256n, "UINT8"],
  ] as const) {
    assert.throws(() => tell(id, datatype), { code: "PARAMETER_INVALID", message: /sequence_id/ });
  }
});

test("a state does not keep the buffer of a batch", () => {
  const batch = Float32Array.of(1, 2, 3, 4);
  const row = detach({ datatype: "FP32", shape: [1, 2], data: batch.subarray(2) });
  assert.deepEqual(values(row), [3, 4]);
  assert.equal((row.data as Float32Array).buffer.byteLength, 8);
  const whole = { datatype: "FP32", shape: [2, 2], data: batch } as const;
  assert.equal(detach(whole), whole);
});
