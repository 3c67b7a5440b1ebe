/** Which form of a bundle's model the real server takes, and what it says of it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { model, node, targetOf, tensor, type Model } from "@longshore/onnx";
import { readCpuFacts } from "../packages/server/src/engine/cpuFeatures.ts";
import { hashModelFile } from "../packages/server/src/engine/modelHash.ts";
import { succeed } from "../packages/server/src/cli/process.test.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { until } from "./support/metrics.ts";
import { startServer } from "./support/server.ts";

const here = targetOf(await readCpuFacts()).name;
const elsewhere = here === "arm64" ? "x64" : "arm64";
const general = here === "x64-vnni" ? "x64" : undefined;

interface Listed {
  readonly name: string;
  readonly target: string;
  readonly content: Model | string;
  /** SHA-256 of the original, if not the right one. */
  readonly original?: string;
}

/** A bundle whose original computes `2x + 1`; variants are told by their other offset. */
async function writeBundle(folder: string, variants: readonly Listed[]): Promise<void> {
  const original = await hashModelFile(writeOnnx(join(folder, "model.onnx"), affineModel(1)));
  const entries = variants.map((variant) => {
    const file = `variants/${variant.name}.onnx`;
    const path = join(folder, file);
    if (typeof variant.content === "string") {
      writeOnnx(path, affineModel());
      writeFileSync(path, variant.content);
    } else writeOnnx(path, variant.content);
    const { name, target } = variant;
    return { name, target, model: file, original: variant.original ?? original };
  });
  writeFileSync(join(folder, "bundle.yaml"), JSON.stringify({ name: "affine", variants: entries }));
}

async function served(url: string): Promise<{ offset: number; config: string }> {
  const answer = await fetch(`${url}/predict/affine`, {
    method: "POST",
    body: '{"inputs": [[0]]}',
  });
  const { outputs } = (await answer.json()) as { outputs: { y: number[][] } };
  const config = (await (await fetch(`${url}/v2/models/affine/config`)).json()) as {
    parameters: { variant?: { string_value: string } };
  };
  return {
    offset: outputs.y[0]![0]!,
    config: config.parameters.variant?.string_value ?? "no variants",
  };
}

/** `y = 2x` with another name for its output. */
function renamedModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", "W"] }],
    outputs: [{ name: "z", datatype: "FP32", shape: ["N", "W"] }],
    initializers: [tensor("two", "FP32", [], new Float32Array([2]))],
    nodes: [node("Mul", ["x", "two"], ["z"])],
  });
}

test("a variant for this CPU answers; the server says which, at the start and to callers", async () => {
  using folder = temporaryFolder();
  await writeBundle(folder.path, [
    { name: "far", target: elsewhere, content: affineModel(7) },
    { name: "strange", target: "quantum", content: affineModel(8) },
    ...(general === undefined
      ? []
      : [{ name: "general", target: general, content: affineModel(9) }]),
    { name: "near", target: here, content: affineModel(10) },
    { name: "nearer", target: here, content: affineModel(11) },
  ]);
  await using server = await startServer([folder.path]);
  assert.deepEqual(await served(server.url), { offset: 10, config: "near" });
  await until("announced", () => server.log().includes(`variant "near" (made for ${here})`));
  assert.match(await succeed(["inspect", folder.path]), /^near +\S+ +\S+ +.* yes$/m);
  assert.match(await succeed(["inspect", folder.path]), /^far +.* no: this CPU is another$/m);
});

test("without one for this CPU, the original answers, and the server says so", async () => {
  using folder = temporaryFolder();
  await writeBundle(folder.path, [{ name: "far", target: elsewhere, content: affineModel(7) }]);
  await using server = await startServer([folder.path]);
  assert.deepEqual(await served(server.url), { offset: 1, config: "original" });
  const said = `original (no variant is made for this CPU, but for ${elsewhere})`;
  await until("announced", () => server.log().includes(said));
});

test("a variant that is damaged, differs, or is of another model is passed over with the reason", async () => {
  using folder = temporaryFolder();
  await writeBundle(folder.path, [
    { name: "junk", target: here, content: "this is no model" },
    { name: "renamed", target: here, content: renamedModel() },
    { name: "old", target: here, content: affineModel(5), original: "0".repeat(64) },
    { name: "good", target: here, content: affineModel(6) },
  ]);
  await using server = await startServer([folder.path]);
  assert.deepEqual(await served(server.url), { offset: 6, config: "good" });
  for (const reason of [
    /variants\/junk\.onnx: /,
    /variants\/renamed\.onnx: its outputs are z instead of y/,
    /variants\/old\.onnx: was made from another model/,
  ])
    await until(String(reason), () => reason.test(server.log()));
});

test("a bundle without variants says nothing of them", async () => {
  using folder = temporaryFolder();
  await writeBundle(folder.path, []);
  await using server = await startServer([folder.path]);
  assert.deepEqual(await served(server.url), { offset: 1, config: "no variants" });
  assert.doesNotMatch(server.log(), /variant/);
});
