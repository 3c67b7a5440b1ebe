import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { fail, type Infer, type InferRequest } from "@longshore/core";
import { splitRows } from "./splitRows.ts";

function requestOf(rows: number): InferRequest {
  const data = Float32Array.from({ length: rows * 2 }, (_, index) => index);
  return { inputs: new Map([["x", { datatype: "FP32", shape: [rows, 2], data }]]) };
}

/** Answers with its input, later, and notes how many rows it was given and how many calls ran. */
function echo(): { infer: Infer; rows: number[]; most: () => number } {
  const rows: number[] = [];
  let running = 0;
  let most = 0;
  const infer: Infer = async ({ inputs }) => {
    rows.push(inputs.get("x")!.shape[0]!);
    most = Math.max(most, ++running);
    await turn();
    running--;
    return { outputs: inputs };
  };
  return { infer, rows, most: () => most };
}

test("many rows come back whole and in order, a few parts at a time", async () => {
  const { infer, rows, most } = echo();
  const request = requestOf(103);
  const { outputs } = await splitRows(infer, 10, "m")(request, {});
  assert.deepEqual(outputs.get("x"), request.inputs.get("x"));
  assert.deepEqual(rows, [...Array<number>(10).fill(10), 3]);
  assert.ok(most() > 1 && most() <= 4);
});

test("a request that fits is passed on as it is", async () => {
  const request = requestOf(10);
  const infer: Infer = async (given) => {
    assert.equal(given, request);
    return { outputs: given.inputs };
  };
  await splitRows(infer, 10, "m")(request, {});
});

test("when a part fails, no further part is begun", async () => {
  let calls = 0;
  const infer: Infer = async () => {
    calls++;
    await turn();
    throw fail("CANCELLED");
  };
  await assert.rejects(splitRows(infer, 1, "m")(requestOf(1000), {}), { code: "CANCELLED" });
  await turn();
  assert.ok(calls <= 4);
});

test("rows without end are refused before anything is done", async () => {
  const { infer, rows } = echo();
  const data = new Float32Array(0);
  const request: InferRequest = {
    inputs: new Map([["x", { datatype: "FP32", shape: [2 ** 28, 0], data }]]),
  };
  await assert.rejects(splitRows(infer, 64, "m")(request, {}), { code: "BATCH_TOO_LARGE" });
  assert.deepEqual(rows, []);
});
