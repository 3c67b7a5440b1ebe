import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import type { Signature } from "@longshore/core";
import { temporaryFolder } from "../../../../../test/support/models.ts";
import { UsageError } from "../arguments.ts";
import { readCalls } from "./calls.ts";

const PAIRS: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
  outputs: [],
};
const OPTIONS = { inputs: [], outputs: [], drop: [], limit: undefined };

test("--drop of a column that is not there is a usage error with a suggestion", async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, "data.csv");
  writeFileSync(data, "age,target\n1,2\n");
  await assert.rejects(
    readCalls({ ...OPTIONS, data, drop: ["tagret"] }, PAIRS, "m"),
    (error) =>
      error instanceof UsageError &&
      error.message === '--drop: there is no column "tagret"; did you mean "target"?',
  );
});

test("arrays of an NPZ file are the inputs of their names", async () => {
  const data = new URL("../../data/npz-samples/stored.npz", import.meta.url).pathname;
  await assert.rejects(readCalls({ ...OPTIONS, data }, PAIRS, "m"), {
    message: 'input "label" does not exist; the inputs of "m" are x',
  });
  const both: Signature = {
    inputs: [...PAIRS.inputs, { name: "label", datatype: "BYTES", shape: ["N"] }],
    outputs: [],
  };
  const { calls } = await readCalls({ ...OPTIONS, data, limit: 2 }, both, "m");
  const shapes = Array.from(calls, (call) =>
    "tensors" in call ? [...call.tensors].map(([name, { shape }]) => [name, shape]) : [],
  );
  assert.deepEqual(shapes, [
    [
      ["x", [2, 2]],
      ["label", [2]],
    ],
  ]);
});
