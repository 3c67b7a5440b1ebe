/** The command as a user runs it: what it prints of right and wrong answers, and its exit codes. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { targetOf, type Model } from "@longshore/onnx";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { startServer } from "../../../../test/support/server.ts";
import { readCpuFacts } from "../engine/cpuFeatures.ts";
import { hashModelFile } from "../engine/modelHash.ts";
import { longshore, succeed } from "./process.test.ts";

const here = targetOf(await readCpuFacts()).name;
const elsewhere = here === "arm64" ? "x64" : "arm64";

/** A bundle "affine" with golden examples of `2x + 1` at 0, 1, 10; the second line is empty. */
function writeGoldenBundle(folder: string, content: Model, more: object = {}): void {
  writeOnnx(join(folder, "model.onnx"), content);
  const lines = [0, 1, 10].map((x) =>
    JSON.stringify({
      request: { inputs: [[x]] },
      answer: { outputs: { y: [[2 * x + 1]] } },
    }),
  );
  writeFileSync(join(folder, "golden.jsonl"), lines.join("\n\n"));
  const golden = { file: "golden.jsonl", tolerance: 0.001 };
  writeFileSync(join(folder, "bundle.yaml"), JSON.stringify({ name: "affine", golden, ...more }));
}

test("a bundle that answers as in training is right", async () => {
  const screen = await succeed(["verify", "examples/breast-cancer", "--limit", "1"]);
  assert.match(screen, /^breast-cancer: 143 golden examples of golden\.jsonl$/m);
  assert.match(screen, /^original +0 +\d\.\de-\d +1\.0e-5 +right$/m);
  assert.match(screen, /^original, worst differences:\n {2}line \d+: outputs\.risk: .*$/m);
  assert.equal(screen.match(/^ {2}line /gm)?.length, 1);
});

test("misses are told with line and place, and fail the command", async () => {
  using folder = temporaryFolder();
  writeGoldenBundle(folder.path, affineModel(1.5));
  const { code, stdout, stderr } = await longshore(["verify", folder.path, "--limit", "2"]);
  assert.equal(code, 1, stderr);
  assert.match(stdout, /^original +3 +5\.0e-1 +1\.0e-3 +wrong$/m);
  assert.match(
    stdout,
    /differences:\n {2}line 1: outputs\.y\[0\]\[0\]: expected 1, got 1\.5 .*\n {2}line 3: .* expected 3, got 3\.5 \(off by 1\.7e-1\)\n$/,
  );
});

test("each variant is held to what the bundle grants it; those of other CPUs are listed", async () => {
  using folder = temporaryFolder();
  const variants: object[] = [];
  writeGoldenBundle(folder.path, affineModel(1));
  const original = await hashModelFile(join(folder.path, "model.onnx"));
  const add = (name: string, target: string, content: Model, granted: object = {}): void => {
    const model = `variants/${name}.onnx`;
    writeOnnx(join(folder.path, model), content);
    variants.push({ name, target, model, original, ...granted });
    writeGoldenBundle(folder.path, affineModel(1), { variants });
  };
  add("near", here, affineModel(1.01), { tolerance: 0.02 });
  add("mostly", here, affineModel(1.01), { tolerance: 0.005, agreement: 0.5 });
  add("far", elsewhere, affineModel(7));
  const first = await longshore(["verify", folder.path, "--json", "--limit", "1"]);
  assert.equal(first.code, 0, first.stderr);
  const found = JSON.parse(first.stdout) as { model: string; forms: Record<string, unknown>[] };
  assert.equal(found.model, "affine");
  assert.deepEqual(
    found.forms.map(({ form, kind, misses, tolerance, agreement, passed }) => {
      return [form, kind, misses, tolerance, agreement, passed];
    }),
    [
      ["original", "asked", 0, 0.001, 1, true],
      ["near", "asked", 0, 0.02, 1, true],
      ["mostly", "asked", 1, 0.005, 0.5, true],
      ["far", "otherCpu", undefined, undefined, undefined, undefined],
    ],
  );
  const [worst] = found.forms[2]!["worst"] as { line: number; distance: number }[];
  assert.equal(worst!.line, 1);
  assert.ok(Math.abs(worst!.distance - 0.01) < 1e-6);

  add("missing", here, affineModel(9));
  add("junk", here, affineModel(1));
  writeFileSync(join(folder.path, "variants/junk.onnx"), "no model");
  const second = await longshore(["verify", folder.path]);
  assert.equal(second.code, 1);
  assert.match(second.stdout, /^mostly +1 +1\.0e-2 +5\.0e-3 +right \(50 % must be right\)$/m);
  assert.match(second.stdout, /^far +not asked: made for \S+, not for this CPU$/m);
  assert.match(second.stdout, /^missing +3 +8\.0e\+0 +1\.0e-3 +wrong$/m);
  assert.match(second.stdout, /^junk +cannot be loaded$/m);
  assert.match(second.stdout, /^junk: .*junk\.onnx: \S/m);
});

test("--url asks a running server, too", async () => {
  using folder = temporaryFolder();
  const [good, bad] = [join(folder.path, "good"), join(folder.path, "bad")];
  writeGoldenBundle(good, affineModel(1));
  writeOnnx(join(bad, "affine/model.onnx"), affineModel(2));
  {
    await using server = await startServer([good]);
    const screen = await succeed(["verify", good, "--url", `${server.url}/`]);
    assert.match(screen, /^original on http:\/\/\S+ +0 +0 +1\.0e-3 +right$/m);
  }
  await using server = await startServer([bad]);
  const wrong = await longshore(["verify", good, "--url", server.url, "--json"]);
  assert.equal(wrong.code, 1);
  const { forms } = JSON.parse(wrong.stdout) as { forms: { misses: number; passed: boolean }[] };
  assert.deepEqual(
    forms.map(({ misses, passed }) => [misses, passed]),
    [
      [0, true],
      [3, false],
    ],
  );
  const unknown = await longshore(["verify", "examples/diabetes", "--url", server.url]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^longshore: http\S+: .*"diabetes" is not found/m);
});

test("a code model is only run with --allow-code", async () => {
  const refused = await longshore(["verify", "examples/delivery-route"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /^original: .*is code, and code in bundles is not allowed here/m);
  assert.match(
    await succeed(["verify", "examples/delivery-route", "--allow-code"]),
    /^original +0 .* right$/m,
  );
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("what cannot be asked is an error that says what to do", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "model.onnx"), affineModel());
  const cases: [args: string[], code: number, message: RegExp][] = [
    [[folder.path], 1, /has no golden examples; write requests of \/predict .*golden: \{ file: /],
    [["examples/diabetes", "--url", "localhost:8000"], 2, /--url takes an address such as http:/],
    [
      ["examples/diabetes", "--url", `http://127.0.0.1:${await freePort()}`],
      1,
      /no server answers there/,
    ],
    [["examples/diabetes", "--limit", "-1"], 2, /--limit/],
    [[], 2, /<bundle> is missing/],
    [["nowhere"], 1, /nowhere: there is no such file or folder/],
  ];
  for (const [args, expected, message] of cases) {
    const { code, stderr } = await longshore(["verify", ...args]);
    assert.equal(code, expected, stderr);
    assert.match(stderr, message);
  }
  writeGoldenBundle(folder.path, affineModel());
  writeFileSync(join(folder.path, "golden.jsonl"), "\n");
  assert.match((await longshore(["verify", folder.path])).stderr, /\(golden\.jsonl\) are none/);
  writeFileSync(join(folder.path, "golden.jsonl"), "{}\n");
  assert.match((await longshore(["verify", folder.path])).stderr, /line 1: the field "request"/);
});
