/** What the commands and the library do with an ensemble, beside the models that it needs. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeBundle } from "../../../../../test/support/bundles.ts";
import { memoryModel, memoryYaml } from "../../../../../test/support/memory.ts";
import {
  affineModel,
  lookupModel,
  temporaryFolder,
  writeOnnx,
} from "../../../../../test/support/models.ts";
import { openModel } from "../../library/openModel.ts";
import { checkBundle } from "../check/checkBundle.ts";
import { longshore } from "../process.test.ts";

const STEPS = `ensemble:
  outputs: [out]
  steps:
    - { model: first, inputs: { x: in }, outputs: { y: middle } }
    - { model: second, inputs: { x: middle }, outputs: { y: out } }
`;
const GOLDEN = `${JSON.stringify({
  request: { inputs: { in: [[1]] } },
  answer: { outputs: { out: [[16]] } },
})}\n`;

function writeEnsemble(repository: string, name: string, yaml: string): string {
  const folder = join(repository, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "bundle.yaml"),
    `${yaml}golden: { file: golden.jsonl, tolerance: 0 }\n`,
  );
  writeFileSync(join(folder, "golden.jsonl"), GOLDEN);
  return folder;
}

/** `first` in a folder of versions, `second` a file, and the ensemble `both`. @returns the last's folder. */
function writeBoth(repository: string, yaml = STEPS): string {
  writeOnnx(join(repository, "first/7/model.onnx"), affineModel(1));
  writeOnnx(join(repository, "second.onnx"), affineModel(10));
  return writeEnsemble(repository, "both", yaml);
}

async function findingsOf(folder: string): Promise<string[]> {
  const { findings } = await checkBundle(folder, false);
  return findings.map(({ line, severity, message }) => `${line ?? ""} ${severity} ${message}`);
}

test("check: a good ensemble, its types from the models beside it", async () => {
  using repository = temporaryFolder();
  const folder = writeBoth(repository.path);
  const { findings, signature, goldenExamples } = await checkBundle(folder, false);
  assert.deepEqual(findings, []);
  assert.deepEqual(signature?.inputs, [{ name: "in", datatype: "FP32", shape: ["N", "W"] }]);
  assert.equal(goldenExamples, 1);
});

test("check: what is wrong is told with its line, what is not known as a note", async () => {
  using repository = temporaryFolder();
  writeBoth(repository.path);
  writeOnnx(join(repository.path, "lookup.onnx"), lookupModel());
  writeBundle(repository.path, "memory", memoryModel(), memoryYaml());
  const check = (name: string, steps: string): Promise<string[]> =>
    findingsOf(
      writeEnsemble(repository.path, name, `ensemble:\n  outputs: [out]\n  steps:\n${steps}`),
    );
  const first = "    - { model: first, inputs: { x: in }, outputs: { y: middle } }\n";

  const [misfit] = await check(
    "misfit",
    `${first}    - { model: lookup, inputs: { index: middle }, outputs: { value: out } }\n`,
  );
  assert.match(misfit!, /^5 error .*"middle": step 1 \("first"\) makes FP32.*takes INT64\[-1\]$/);
  const unused = await check(
    "unused",
    `${first}    - { model: second, inputs: { x: in }, outputs: { y: out } }\n`,
  );
  assert.match(unused[0]!, /^4 warning .*nobody uses "middle"/);
  const elsewhere = await check(
    "elsewhere",
    "    - { model: nowhere, inputs: { x: in }, outputs: { y: out } }\n",
  );
  assert.match(elsewhere[0]!, /^4 note .*"nowhere" is not in a folder beside this one, so/);
  const version = await check(
    "version",
    "    - { model: first, version: 3, inputs: { x: in }, outputs: { y: out } }\n",
  );
  assert.match(version[0]!, /^4 error .*"first" has no version 3$/);
  const circle = await check(
    "circle",
    "    - { model: circle, inputs: { x: in }, outputs: { y: out } }\n",
  );
  assert.match(circle[0]!, /^4 error .*"circle" needs itself: circle → circle$/);
  const [state] = await check(
    "state",
    "    - { model: memory, inputs: { x: in, s: s }, outputs: { y: out } }\n",
  );
  assert.match(state!, /^4 error .*"memory" has no input "s"/, "which the server fills");
  const [effect] = await findingsOf(
    writeEnsemble(repository.path, "effect", `${STEPS}instances: { count: 2 }\n`),
  );
  assert.match(effect!, /^6 error instances: has no effect on an ensemble; say it of the models/);
  const nested = await check(
    "nested",
    "    - { model: both, inputs: { in: in }, outputs: { out: t } }\n" +
      "    - { model: lookup, inputs: { index: t }, outputs: { value: out } }\n",
  );
  assert.match(nested[0]!, /step 1 \("both"\) makes FP32.*step 2 \("lookup"\) takes INT64/);
});

test("inspect shows the steps, and what passes through them", async () => {
  using repository = temporaryFolder();
  const folder = writeBoth(repository.path);
  const text = await longshore(["inspect", folder]);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^ensemble +both, version 1$/m);
  assert.match(text.stdout, /^ *2 +second +x: middle +y: out$/m);
  assert.match(text.stdout, /^in +FP32 +\[N, W\]$/m);
  const json = await longshore(["inspect", folder, "--json"]);
  const { steps, signature } = JSON.parse(json.stdout) as { steps: object[]; signature: object };
  assert.deepEqual(steps[0], { model: "first", inputs: { x: "in" }, outputs: { y: "middle" } });
  assert.ok(signature);
  const graph = await longshore(["inspect", folder, "--graph"]);
  assert.equal(graph.code, 1);
  assert.match(graph.stderr, /is an ensemble: it has no graph of its own/);
  rmSync(join(repository.path, "second.onnx"));
  const without = await longshore(["inspect", folder]);
  assert.equal(without.code, 0);
  assert.match(without.stdout, /^note +step 2 \("second"\) is not in a folder beside this one$/m);
});

test("verify, predict and openModel open the models that it needs too", async () => {
  using repository = temporaryFolder();
  const folder = writeBoth(repository.path);
  writeOnnx(join(repository.path, "other.onnx"), affineModel());
  await using model = await openModel(folder);
  assert.equal(model.name, "both");
  const { out } = await model.infer({
    in: { datatype: "FP32", shape: [1, 1], data: Float32Array.of(1) },
  });
  assert.deepEqual(out!.data, Float32Array.of(16));
  const verified = await longshore(["verify", folder]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const wrong = join(folder, "golden.jsonl");
  writeFileSync(wrong, GOLDEN.replace("16", "17"));
  assert.equal((await longshore(["verify", folder])).code, 1);
  writeFileSync(wrong, GOLDEN);
  const data = join(repository.path, "data.json");
  writeFileSync(data, JSON.stringify({ inputs: { in: [[1], [2]] } }));
  const predicted = await longshore(["predict", folder, "--data", data, "--format", "json"]);
  assert.equal(predicted.code, 0, predicted.stderr);
  assert.deepEqual((JSON.parse(predicted.stdout) as { outputs: object }).outputs, {
    out: [[16], [20]],
  });
  rmSync(join(repository.path, "second.onnx"));
  const without = await longshore(["predict", folder, "--data", data]);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /step 2 \("second"\): .*"second" is not found/);
});

test("pack and unpack carry an ensemble, optimize and build refuse it", async () => {
  using repository = temporaryFolder();
  const folder = writeBoth(repository.path);
  const archive = join(repository.path, "both.tar");
  const packed = await longshore(["pack", folder, "--out", archive]);
  assert.equal(packed.code, 0, packed.stderr);
  assert.match(packed.stdout, /bundle\.yaml/);
  const again = join(repository.path, "again");
  const unpacked = await longshore(["unpack", archive, "--out", again]);
  assert.equal(unpacked.code, 0, unpacked.stderr);
  const built = await longshore(["build", folder, "--out", join(repository.path, "built")]);
  assert.equal(built.code, 1);
  assert.match(built.stderr, /is an ensemble/);
});
