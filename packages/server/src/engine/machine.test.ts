import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpuMax, readMachine } from "./machine.ts";

test("a cgroup's quota is whole cores, at least one", () => {
  assert.equal(parseCpuMax("250000 100000\n"), 2);
  assert.equal(parseCpuMax("50000 100000\n"), 1);
  assert.equal(parseCpuMax("max 100000\n"), Number.POSITIVE_INFINITY);
  assert.equal(parseCpuMax(""), Number.POSITIVE_INFINITY);
});

test("a machine has cores and memory", () => {
  const { cores, memoryBytes } = readMachine();
  assert.ok(Number.isInteger(cores) && cores >= 1);
  assert.ok(memoryBytes > 64e6);
});
