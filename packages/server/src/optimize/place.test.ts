import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TargetName } from "@longshore/onnx";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { hashModelFile } from "../engine/modelHash.ts";
import { scanPath } from "../registry/scan.ts";
import { nothingOf } from "./attempt.ts";
import type { Measured } from "./candidate.ts";
import { place, type Placed } from "./place.ts";
import { RECORD_FORMAT, type SearchRecord } from "./record.ts";

/** What a search found, as far as it is written. */
function recordOf(chosen: string, target: TargetName, sha256: string): SearchRecord {
  return {
    format: RECORD_FORMAT,
    made: "2026-01-01T00:00:00.000Z",
    versions: { longshore: "0", onnxruntime: "1", node: "26" },
    machine: { cpu: "", arch: "x64", features: [], cores: 1, memoryBytes: 1 },
    model: { name: "affine", version: "1", file: "model.onnx", sha256, bytes: 1 },
    data: {
      file: "rows.csv",
      sha256: "",
      rows: 1,
      calibrationRows: 1,
      evaluationRows: 1,
      apart: false,
      labels: undefined,
    },
    rules: { target, goal: "size", metric: "sqnr", maxDrop: 0, batch: 8, threads: 1 },
    candidates: [nothingOf({ name: "original", steps: [] }, "measured", "")],
    sensitivity: [],
    front: [],
    chosen: { name: chosen, reason: "" },
    variant: undefined,
  };
}

async function placeInto(
  bundle: string,
  name: string,
  target: TargetName,
  made: string,
): Promise<Placed> {
  const model = join(bundle, "model.onnx");
  const record = recordOf(name, target, await hashModelFile(model));
  const chosen = { ...nothingOf({ name, steps: [] }, "measured", ""), file: made } as Measured;
  return place({ record, chosen }, { kind: "bundle", folder: bundle, model }, (whole) => {
    return `<p>${whole.variant?.sha256 ?? "kept"}</p>`;
  });
}

test("a later variant for the same target takes the place of the one before, files and all", async () => {
  using folder = temporaryFolder();
  const bundle = join(folder.path, "bundle");
  writeOnnx(join(bundle, "model.onnx"), affineModel(1));
  const made = writeOnnx(join(folder.path, "made.onnx"), affineModel(2));
  // One that was not made here stays on the disk, though it is listed no more.
  mkdirSync(join(bundle, "mine"));
  writeOnnx(join(bundle, "mine", "own.onnx"), affineModel(3));
  const own = { name: "own", target: "x64", model: "mine/own.onnx", original: "0".repeat(64) };
  writeFileSync(join(bundle, "bundle.yaml"), JSON.stringify({ name: "affine", variants: [own] }));

  await placeInto(bundle, "static int8, entropy", "x64", made);
  await placeInto(bundle, "fp16", "webgpu", made);
  const placed = await placeInto(bundle, "dynamic int8", "x64", made);
  assert.deepEqual(readdirSync(join(bundle, "variants")).toSorted(), [
    "dynamic-int8.html",
    "dynamic-int8.json",
    "dynamic-int8.onnx",
    "fp16.html",
    "fp16.json",
    "fp16.onnx",
  ]);
  assert.ok(existsSync(join(bundle, "mine", "own.onnx")));
  const [source] = (await scanPath(bundle)).sources;
  assert.deepEqual(
    source!.manifest.variants?.map(({ name, target, model }) => [name, target, model]),
    [
      ["dynamic-int8", "x64", "variants/dynamic-int8.onnx"],
      ["fp16", "webgpu", "variants/fp16.onnx"],
    ],
  );
  const sha256 = await hashModelFile(made);
  const record = JSON.parse(readFileSync(placed.record, "utf8")) as SearchRecord;
  assert.equal(record.variant?.sha256, sha256);
  assert.equal(readFileSync(placed.report, "utf8"), `<p>${sha256}</p>`);
});

test("where the original was kept, there is its evidence and no variant", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "model.onnx"), affineModel(1));
  const placed = await placeInto(folder.path, "original", "x64", join(folder.path, "model.onnx"));
  assert.equal(placed.model, undefined);
  assert.ok(!existsSync(join(folder.path, "bundle.yaml")));
  assert.deepEqual(readdirSync(join(folder.path, "variants")), ["original.html", "original.json"]);
});
