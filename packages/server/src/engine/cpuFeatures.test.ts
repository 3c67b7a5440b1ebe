import assert from "node:assert/strict";
import test from "node:test";
import { parseCpuFeatures, readCpuFacts } from "./cpuFeatures.ts";

const table = {
  names: { AVX2: ["avx2"], VNNI: ["avx512_vnni", "avx_vnni"], AMX: ["amx_tile"] },
  wanted: "AVX2",
};

test("features are found by any of their flags, as whole words, on x86 and Arm", () => {
  const x86 =
    "processor\t: 0\nmodel name\t: X\nflags\t\t: fpu avx2 avx_vnni amx_tiles\nbugs\t\t:\n\nprocessor\t: 1\n";
  assert.deepEqual(parseCpuFeatures(x86, table), {
    present: ["AVX2", "VNNI"],
    missing: ["AMX"],
    wanted: "AVX2",
  });
  const arm = "processor : 0\nFeatures : fp asimd asimddp\n";
  assert.deepEqual(parseCpuFeatures(arm, { names: { NEON: ["asimd"] }, wanted: "NEON" })?.present, [
    "NEON",
  ]);
});

test("a file without such a line tells nothing", () => {
  assert.equal(parseCpuFeatures("processor : 0\n", table), undefined);
});

test("a CPU's facts name its architecture as Node.js does", async () => {
  const { arch, features } = await readCpuFacts();
  assert.equal(arch, process.arch);
  assert.ok(features.every((name) => name !== ""));
});
