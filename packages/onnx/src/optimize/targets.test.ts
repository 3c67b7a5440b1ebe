import assert from "node:assert/strict";
import { test } from "node:test";
import { isTargetName, meetsNeeds, TARGETS, targetOf } from "./targets.ts";

test("a target is listed under its own name, allows something, and gives every reason", () => {
  for (const [name, target] of Object.entries(TARGETS)) {
    assert.equal(target.name, name);
    const verdicts = Object.values(target.formats);
    assert.ok(verdicts.some(({ allowed }) => allowed));
    for (const { reason } of verdicts) assert.notEqual(reason, "");
  }
});

test("a CPU is the most demanding target that it meets", () => {
  const name = (arch: string, ...features: string[]): string => targetOf({ arch, features }).name;
  assert.equal(name("x64", "AVX2", "AVX-512", "VNNI"), "x64-vnni");
  assert.equal(name("x64", "AVX2", "AVX-512"), "x64");
  assert.equal(name("arm64", "NEON", "VNNI"), "arm64");
});

test("what is not known of a CPU leads to 7-bit weights", () => {
  assert.equal(targetOf({ arch: "x64", features: [] }).int8.reduceRange, true);
  assert.equal(targetOf({ arch: "riscv64", features: [] }).int8.reduceRange, true);
});

test("a model for any x86 is right on one with VNNI, the other way round it is not", () => {
  const vnni = { arch: "x64", features: ["VNNI"] };
  const plain = { arch: "x64", features: [] };
  assert.ok(meetsNeeds(TARGETS.x64, vnni));
  assert.ok(!meetsNeeds(TARGETS["x64-vnni"], plain));
  assert.ok(!meetsNeeds(TARGETS.arm64, vnni));
  assert.ok(!meetsNeeds(TARGETS.webgpu, vnni), "no CPU is a GPU");
});

test("names of targets are told from others", () => {
  assert.ok(isTargetName("x64-vnni"));
  assert.ok(!isTargetName("toString"));
});
