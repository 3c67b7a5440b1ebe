/** Golden examples on the real server: what gives wrong answers takes no traffic. */
import assert from "node:assert/strict";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { targetOf, type Model } from "@longshore/onnx";
import { readCpuFacts } from "../packages/server/src/engine/cpuFeatures.ts";
import { hashModelFile } from "../packages/server/src/engine/modelHash.ts";
import { readMetric, until } from "./support/metrics.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer } from "./support/server.ts";

const TOLERANCE = 0.001;

/** Requests of `2x + 1`, and their answers. */
function goldenOf(inputs: readonly number[]): string {
  const lines = inputs.map((x) => ({
    request: { inputs: [[x]] },
    answer: { outputs: { y: [[2 * x + 1]] } },
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** A bundle with golden examples of `2x + 1`, whatever its model is. */
function writeGoldenBundle(folder: string, content: Model, more: object = {}): void {
  writeOnnx(join(folder, "model.onnx"), content);
  writeFileSync(join(folder, "golden.jsonl"), goldenOf([0, 1, 10, 100]));
  writeManifest(folder, more);
}

function writeManifest(folder: string, more: object = {}): void {
  const golden = { file: "golden.jsonl", tolerance: TOLERANCE };
  writeFileSync(join(folder, "bundle.yaml"), JSON.stringify({ golden, ...more }));
}

async function predict(url: string, model: string): Promise<{ status: number; y: unknown }> {
  const body = '{"inputs": [[0]]}';
  const answer = await fetch(`${url}/predict/${model}`, { method: "POST", body });
  const { outputs, error } = (await answer.json()) as { outputs?: { y: unknown }; error?: string };
  return { status: answer.status, y: outputs?.y ?? error };
}

test("a bundle whose golden answers are wrong is not served, and says where", async () => {
  using folder = temporaryFolder();
  writeGoldenBundle(join(folder.path, "right"), affineModel(1));
  writeGoldenBundle(join(folder.path, "wrong"), affineModel(1.5));
  await using server = await startServer([folder.path]);
  assert.deepEqual(await predict(server.url, "right"), { status: 200, y: [[1]] });
  const { status, y: error } = await predict(server.url, "wrong");
  assert.equal(status, 503);
  const reason =
    /4 of 4 golden answers are off by .*line 1: outputs\.y\[0\]\[0\]: expected 1, got 1\.5 /;
  assert.match(String(error), reason);
  const answer = await fetch(`${server.url}/v2/repository/index`, { method: "POST" });
  const index = (await answer.json()) as { name: string; state: string; reason: string }[];
  const wrong = index.find(({ name }) => name === "wrong")!;
  assert.equal(wrong.state, "UNAVAILABLE");
  assert.match(wrong.reason, reason);
  await until("logged", () => reason.test(server.log()));
});

test("a server with nothing else does not start", async () => {
  using folder = temporaryFolder();
  writeGoldenBundle(folder.path, affineModel(2));
  await assert.rejects(startServer([folder.path]), /4 of 4 golden answers .*expected 1, got 2 /s);
});

test("--watch: a new version that gives wrong answers does not take the place of the good one", async () => {
  using folder = temporaryFolder();
  const [staging, model] = [join(folder.path, "staging"), join(folder.path, "affine")];
  const add = (version: number, content: Model): void => {
    writeOnnx(join(staging, String(version), "model.onnx"), content);
    renameSync(join(staging, String(version)), join(model, String(version)));
  };
  mkdirSync(model, { recursive: true });
  writeFileSync(join(model, "golden.jsonl"), goldenOf([0, 10]));
  writeManifest(model);
  add(1, affineModel(1));
  await using server = await startServer([model, "--watch"]);
  add(2, affineModel(2));
  await until("version 2 is refused", () =>
    /"version":"2".*2 of 2 golden answers are off/.test(server.log()),
  );
  assert.deepEqual(await predict(server.url, "affine"), { status: 200, y: [[1]] });
  add(3, affineModel(1.0001));
  await until("version 3 answers", async () => {
    const { y } = await predict(server.url, "affine");
    return Math.abs((y as number[][])[0]![0]! - 1.0001) < 1e-6;
  });
});

test("--watch: golden examples that are put right let their bundle in", async () => {
  using folder = temporaryFolder();
  writeGoldenBundle(join(folder.path, "affine"), affineModel(1));
  const file = join(folder.path, "affine/golden.jsonl");
  writeFileSync(file, '{"request": {"inputs": [[0]]}, "answer": {"outputs": {"y": [[7]]}}}');
  await using server = await startServer([folder.path, "--watch"]);
  assert.match(String((await predict(server.url, "affine")).y), /expected 7, got 1 /);
  writeFileSync(file, goldenOf([0]));
  await until("served", async () => (await predict(server.url, "affine")).status === 200);
});

test("a variant that misses gives way to the original, one within what it is granted does not", async () => {
  using folder = temporaryFolder();
  const { name: target } = targetOf(await readCpuFacts());
  const add = async (name: string, offset: number, granted: object): Promise<void> => {
    const bundle = join(folder.path, name);
    writeGoldenBundle(bundle, affineModel(1));
    writeOnnx(join(bundle, "variants/small.onnx"), affineModel(offset));
    const original = await hashModelFile(join(bundle, "model.onnx"));
    const variant = { name: "small", target, model: "variants/small.onnx", original, ...granted };
    writeManifest(bundle, { variants: [variant] });
  };
  await add("missing", 1.25, {});
  await add("granted", 1.25, { tolerance: 0.5 });
  // It is off by 0.25 at 0, but less at 10 and 100, of which the distance is a share.
  await add("mostly", 1.25, { tolerance: 0.1, agreement: 0.5 });
  await add("less", 1.25, { tolerance: 0.1, agreement: 0.9 });
  await using server = await startServer([folder.path]);
  const answers = async (...names: string[]): Promise<unknown[]> =>
    Promise.all(names.map(async (name) => (await predict(server.url, name)).y));
  assert.deepEqual(await answers("missing", "granted", "mostly", "less"), [
    [[1]],
    [[1.25]],
    [[1.25]],
    [[1]],
  ]);
  for (const said of [
    /"model":"missing".*4 of 4 golden answers are off/,
    /"model":"less".*1 of 4 golden answers are off by more than they may be, 90 % must be right/,
  ])
    await until(String(said), () => said.test(server.log()));
});

test("golden examples are no traffic: they do not count", async () => {
  using folder = temporaryFolder();
  writeGoldenBundle(join(folder.path, "affine"), affineModel(1));
  await using server = await startServer([join(folder.path, "affine")]);
  const counts = async (): Promise<number[]> => {
    const labels = '{model="affine",version="1"}';
    const answer = await fetch(`${server.url}/v2/models/affine/stats`);
    const stats = (await answer.json()) as {
      model_stats: { inference_count: number; execution_count: number }[];
    };
    const { inference_count, execution_count } = stats.model_stats[0]!;
    return [
      inference_count,
      execution_count,
      await readMetric(server.url, `nv_inference_request_success${labels}`),
      await readMetric(server.url, `nv_inference_count${labels}`),
      await readMetric(server.url, `nv_inference_exec_count${labels}`),
    ];
  };
  assert.deepEqual(await counts(), [0, 0, 0, 0, 0]);
  await predict(server.url, "affine");
  assert.deepEqual(await counts(), [1, 1, 1, 1, 1]);
});
