/** Real searches, with little time for timing: what they say must be true. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { targetOf, tensor } from "@longshore/onnx";
import { temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { network } from "../../../../test/support/network.ts";
import { readCpuFacts } from "../engine/cpuFeatures.ts";
import { examine } from "../engine/examine.ts";
import { ROOT } from "../cli/process.test.ts";
import type { SearchOptions } from "./lab.ts";
import { openServableFile } from "./openModel.ts";
import { openSamples, splitRows } from "./samples.ts";
import { search } from "./search.ts";

const here = targetOf(await readCpuFacts()).name;

async function options(
  example: string,
  labels: string,
  more: Partial<SearchOptions> = {},
): Promise<SearchOptions> {
  return {
    model: { name: example, version: "1", file: join(ROOT, `examples/${example}/model.onnx`) },
    data: join(ROOT, `examples/${example}/test.csv`),
    signature: undefined,
    sampleOptions: { labels },
    metric: undefined,
    maxDrop: 0.005,
    goal: "speed",
    target: here,
    batch: 8,
    rounds: 1,
    longshore: "0.0.0",
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  };
}

/** The temporary folder of this process is an empty one of its own while a test runs. */
function ownTemporaryFolder(context: TestContext): string {
  const folder = temporaryFolder();
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder.path;
  context.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    folder[Symbol.dispose]();
  });
  return folder.path;
}

/** Kills the processes of this one in which candidates are built and run. */
function killWorkshops(): void {
  const lines = execFileSync("ps", ["--ppid", String(process.pid), "-o", "pid=,args="], {
    encoding: "utf8",
  }).split("\n");
  for (const line of lines)
    if (line.includes("workshopProcess")) process.kill(Number.parseInt(line, 10), "SIGKILL");
}

/** The share of the rows that judge a model whose label it gets right, counted anew. */
async function accuracyOf(file: string, example: string, labels: string, output: string) {
  const model = await openServableFile({ file, examination: await examine(file) }, 1);
  const { signature } = await examine(file);
  const path = join(ROOT, `examples/${example}/test.csv`);
  const samples = await openSamples(path, signature, { labels });
  const rows = splitRows(samples.count, 128).evaluation;
  let right = 0;
  for await (const batch of samples.batches(rows, 1)) {
    const answers = await model.run(batch.tensors);
    const [answer] = answers.get(output)!.data as unknown as (string | bigint)[];
    if (String(answer) === samples.labels![batch.rows[0]!]) right += 1;
  }
  await model.close();
  return right / rows.length;
}

test("digits: the chosen model loses at most 0.5 % accuracy; one that crashes is a line", async (context) => {
  const folder = ownTemporaryFolder(context);
  let killed = false;
  const onProgress = (what: string, how?: string): void => {
    if (what !== "dynamic int8" || how !== "building" || killed) return;
    killed = true;
    killWorkshops();
  };
  // For size something is always found, so that a variant is judged here.
  await using found = await search(await options("digits", "digit", { goal: "size", onProgress }));
  const { record, chosen } = found;
  const original = record.candidates[0]!;
  assert.notEqual(chosen.name, "original");
  assert.ok(chosen.quality.drop <= 0.005);
  assert.ok(chosen.bytes < original.bytes! / 2);

  const [before, after] = [
    await accuracyOf(join(ROOT, "examples/digits/model.onnx"), "digits", "digit", "label"),
    await accuracyOf(chosen.file!, "digits", "digit", "label"),
  ];
  assert.ok(Math.abs(original.quality!.value - before) < 1e-12);
  assert.ok(Math.abs(chosen.quality.value - after) < 1e-12);

  const named = new Map(record.candidates.map((line) => [line.name, line]));
  assert.equal(named.get("dynamic int8")?.status, "failed");
  assert.match(named.get("dynamic int8")!.reason, /^crashed: SIGKILL/);
  assert.equal(named.get("fp16")?.status, "notApplicable");
  for (const name of ["weights int4", "static int8, entropy", "pruned 25 %"])
    assert.equal(named.get(name)?.status, "measured", JSON.stringify(named.get(name)));
  for (const { status, memoryBytes } of record.candidates)
    if (status === "measured") assert.ok(memoryBytes! > 0);
  assert.equal(record.data.rows, 360);
  assert.equal(record.data.calibrationRows + record.data.evaluationRows, 360);
  assert.match(record.versions.onnxruntime, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(JSON.parse(JSON.stringify(record)), JSON.parse(JSON.stringify(found.record)));

  await found[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder), []);
});

test("breast-cancer: what cannot be made of a classical model is said, and it stays", async (context) => {
  const folder = ownTemporaryFolder(context);
  await using found = await search(await options("breast-cancer", "diagnosis"));
  assert.ok(found.chosen.quality.drop <= 0.005);
  assert.ok(["original", "clean"].includes(found.chosen.name));
  for (const { name, status, reason } of found.record.candidates.slice(1)) {
    if (name === "clean") continue;
    assert.equal(status, "notApplicable", `${name}: ${reason}`);
    assert.notEqual(reason, "");
  }
  await found[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder), []);
});

test("a search that is interrupted leaves nothing behind", async (context) => {
  const folder = ownTemporaryFolder(context);
  const interruption = new AbortController();
  const reason = new Error("interrupted");
  let files: string[] = [];
  const onProgress = (what: string, how?: string): void => {
    if (what !== "weights int8" || how !== "building") return;
    files = readdirSync(folder);
    // While the process is at work.
    setTimeout(() => interruption.abort(reason), 5);
  };
  const { signal } = interruption;
  const searching = search(await options("digits", "digit", { signal, onProgress }));
  await assert.rejects(searching, reason);
  assert.equal(files.length, 1);
  assert.deepEqual(readdirSync(folder), []);
  assert.doesNotMatch(
    execFileSync("ps", ["--ppid", String(process.pid), "-o", "args="], { encoding: "utf8" }),
    /workshopProcess(?!.*defunct)/,
  );
});

test("samples that do not fit end the search with the row, before anything is tried", async (context) => {
  const folder = ownTemporaryFolder(context);
  const data = join(folder, "bad.csv");
  const header = Array.from({ length: 64 }, (_, index) => `p${index}`).join(",");
  writeFileSync(data, `${header},digit\n${"0,".repeat(64)}7\n${"0,".repeat(63)}x,7\n`);
  await assert.rejects(search(await options("digits", "digit", { data })), {
    code: "DATA_INVALID",
    message: /bad\.csv: line 3, column "p63": expected a number, got "x"/,
  });
  await assert.rejects(search(await options("digits", "dgit")), {
    code: "DATA_INVALID",
    message: /there is no column "dgit" for the labels/,
  });
  await assert.rejects(
    search(await options("digits", "digit", { data: join(folder, "none.csv") })),
    { code: "DATA_INVALID", message: /none\.csv: there is no such file/ },
  );
  assert.deepEqual(readdirSync(folder), ["bad.csv"]);
});

test("two equal layers that are added up are quantised like any others", async (context) => {
  const folder = ownTemporaryFolder(context);
  const net = network(3);
  const shape = net.constant(tensor("image", "INT64", [4], BigInt64Array.of(0n, 1n, 4n, 4n)));
  const first = net.conv(net.op("Reshape", ["x", shape]), 1, 3, 3);
  const weight = net.weights([3, 3, 1, 1], 1);
  const twins = [1, 2].map(() => net.op("Conv", [first, weight]));
  // The second clamp does nothing: ONNX Runtime 1.30 lost what is in front of the sum over that.
  const clamped = net.op("Relu", [net.op("Relu", [net.op("Add", twins)])]);
  const last = net.conv(net.op("Transpose", [clamped], { perm: [0, 1, 3, 2] }), 3, 2, 3);
  const model = net.toModel({ x: ["N", 16] }, [net.gemm(net.op("Flatten", [last]), 32, 3)]);
  const file = writeOnnx(join(folder, "model.onnx"), model);
  const data = join(folder, "data.csv");
  const columns = Array.from({ length: 16 }, (_, index) => `x${index}`);
  const rows = Array.from({ length: 40 }, () => columns.map(() => 2 * net.random() - 1).join());
  writeFileSync(data, [columns.join(), ...rows, ""].join("\n"));
  await using found = await search({
    ...(await options("digits", "digit", { data })),
    model: { name: "twins", version: "1", file },
    sampleOptions: {},
  });
  const lines = new Map(found.record.candidates.map((line) => [line.name, line]));
  assert.match(lines.get("clean")!.changes.join(), /compute the same merged: 1/);
  for (const name of ["original", "clean", "static int8, minmax", "static int8, entropy"])
    assert.equal(lines.get(name)?.status, "measured", JSON.stringify(lines.get(name)));
  await found[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder).sort(), ["data.csv", "model.onnx"]);
});
