/** The command as a user runs it, on a small model: what it prints, writes, and leaves behind. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lookupModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { hashFiles } from "../engine/modelHash.ts";
import { readModelFile } from "../engine/modelFile.ts";
import { createModelHost } from "../modelHost.ts";
import type { SearchRecord } from "../optimize/record.ts";
import { longshore, MAIN, NODE, ROOT, succeed } from "./process.test.ts";

/** A copy of an example bundle, and an empty folder for temporary files. */
function copyOf(example: string): Disposable & { bundle: string; temporary: string } {
  const folder = temporaryFolder();
  const [bundle, temporary] = [join(folder.path, example), join(folder.path, "tmp")];
  cpSync(join(ROOT, "examples", example), bundle, { recursive: true });
  mkdirSync(temporary);
  return { bundle, temporary, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** Node itself keeps compiled code there. */
function leftIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== "node-compile-cache");
}

const DIABETES = ["--data", "examples/diabetes/test.csv", "--labels", "progression"];

test("a bundle gets its variant with record and report; the server takes it from there", async () => {
  using copy = copyOf("digits");
  // The bundle knows the input by another name, and the variant must know it too.
  const renamed = "signature: { inputs: { pixels: { name: ink, shape: [rows, 64] } } }\n";
  const manifestFile = join(copy.bundle, "bundle.yaml");
  const before = readFileSync(manifestFile, "utf8").replaceAll(/\bpixels\b/g, "ink") + renamed;
  writeFileSync(manifestFile, before);
  const args = ["--data", "examples/digits/test.csv", "--labels", "digit", "--for", "size"];
  const { code, stdout, stderr } = await longshore(
    ["optimize", copy.bundle, ...args, "--max-drop", "0.005"],
    "",
    { TMPDIR: copy.temporary },
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^candidate +accuracy +drop +p50 ms +p99 ms +.*speed +size +memory +verdict$/m,
  );
  assert.match(stdout, /^original +98\.26 % +0\.0000 /m);
  assert.match(stdout, /^fp16 +not applicable +\S/m);
  assert.match(stdout, /^Next: longshore serve /m);
  const name = /^Recommended: (.+?), the smallest within/m.exec(stdout)?.[1];
  assert.ok(name !== undefined, stdout);
  assert.match(stderr, /^static int8, minmax …$/m);

  const manifest = readFileSync(join(copy.bundle, "bundle.yaml"), "utf8");
  assert.ok(manifest.startsWith(before));
  const [file] = /variants\/\S+\.onnx/.exec(manifest)!;
  const path = join(copy.bundle, file);
  const record = JSON.parse(readFileSync(path.replace(/onnx$/, "json"), "utf8")) as SearchRecord;
  assert.equal(record.format, "longshore-optimize/1");
  assert.equal(record.chosen.name, name);
  assert.equal(record.variant!.file, file);
  assert.equal(record.variant!.sha256, await hashFiles([path]));
  assert.equal(record.variant!.bytes, (await readModelFile(path)).bytes);
  assert.equal(record.model.sha256, await hashFiles([join(copy.bundle, "model.onnx")]));
  assert.equal(record.data.sha256, await hashFiles([join(ROOT, "examples/digits/test.csv")]));
  assert.ok(manifest.includes(`original: ${record.model.sha256}`));
  const report = readFileSync(path.replace(/onnx$/, "html"), "utf8");
  assert.ok(report.includes("<svg") && !/(?:src|href)=/.test(report), "one file, nothing loaded");
  assert.match(await succeed(["inspect", copy.bundle]), new RegExp(`${file} .* yes$`, "m"));
  assert.deepEqual(leftIn(copy.temporary), []);

  await using host = createModelHost({ paths: [copy.bundle], isolateTrials: true });
  await host.registry.sync(false);
  const served = host.registry.get("digits");
  assert.equal(
    served.variant?.name,
    record.variant!.file.slice("variants/".length, -".onnx".length),
  );
  assert.deepEqual(served.signature.inputs, [
    { name: "ink", datatype: "FP32", shape: ["rows", 64] },
  ]);
  // It is served as its golden answers are what the manifest grants it, and no more.
  const own = served.source.manifest.variants![0]!;
  assert.match(stdout, /It does not give all golden answers within the bundle's tolerance/);
  assert.ok(own.tolerance! > 1e-5 && own.agreement! > 0.9 && own.agreement! < 1);
  assert.deepEqual(served.golden?.limits, {
    tolerance: 1e-5,
    variantTolerance: own.tolerance,
    agreement: own.agreement,
  });
});

test("where the original is best it is kept, with the evidence; --json is the record", async () => {
  using copy = copyOf("diabetes");
  const before = readFileSync(join(copy.bundle, "bundle.yaml"), "utf8");
  const args = ["optimize", copy.bundle, ...DIABETES, "--for", "size", "--json"];
  const record = JSON.parse(await succeed(args)) as SearchRecord & { written: object };
  assert.equal(record.chosen.name, "original");
  assert.equal(record.variant, undefined);
  assert.equal(readFileSync(join(copy.bundle, "bundle.yaml"), "utf8"), before);
  assert.deepEqual(readdirSync(join(copy.bundle, "variants")), ["original.html", "original.json"]);
});

test("a bundle that does not give its own golden answers is refused before the search", async () => {
  using copy = copyOf("diabetes");
  const golden = join(copy.bundle, "golden.jsonl");
  const [first, ...others] = readFileSync(golden, "utf8").split("\n");
  const { request } = JSON.parse(first!) as { request: object };
  const wrong = JSON.stringify({ request, answer: { outputs: { progression: 1 } } });
  writeFileSync(golden, [wrong, ...others].join("\n"));
  const { code, stderr } = await longshore(["optimize", copy.bundle, ...DIABETES]);
  assert.equal(code, 1);
  assert.match(stderr, /^longshore: .*"diabetes".*line 1: outputs\.progression: expected 1, got /m);
  assert.ok(!existsSync(join(copy.bundle, "variants")));
});

test("a bare file gets another one beside it, or where --out says", async () => {
  using copy = copyOf("digits");
  const model = join(copy.bundle, "model.onnx");
  const before = readdirSync(copy.bundle);
  const args = ["--data", "examples/digits/test.csv", "--for", "size", "--target", "integer"];
  const out = join(copy.bundle, "small.onnx");
  const screen = await succeed(["optimize", model, ...args, "--out", out]);
  assert.match(screen, /agreement with the original/);
  assert.deepEqual(
    readdirSync(copy.bundle).filter((name) => !before.includes(name)),
    ["small.html", "small.json", "small.onnx"],
  );
  assert.ok((await readModelFile(out)).bytes < (await readModelFile(model)).bytes);
});

test("an outcome that cannot be written is an error before the search, and the model is safe", async () => {
  using copy = copyOf("digits");
  const model = join(copy.bundle, "model.onnx");
  const data = ["--data", "examples/digits/test.csv"];
  const refused = async (args: string[], code: number, message: RegExp): Promise<void> => {
    const result = await longshore(["optimize", ...args, ...data]);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, message);
    assert.doesNotMatch(result.stderr, /…/, "no search began");
  };
  const before = hashFiles([model]);
  const again = join(copy.bundle, "variants", "..", "model.onnx");
  await refused([model, "--out", again], 2, /--out is the model itself/);
  mkdirSync(join(copy.bundle, "folder.onnx"));
  await refused([model, "--out", join(copy.bundle, "folder.onnx")], 1, /: is a folder; name a/);
  await refused([model, "--out", join(model, "x.onnx")], 1, /model\.onnx: is not a folder; name/);
  appendFileSync(join(copy.bundle, "variants"), "");
  await refused([copy.bundle], 1, /variants: is not a folder; name another place with --out/);
  assert.equal(await hashFiles([model]), await before);
});

test("samples that the model itself cannot compute are named", async () => {
  using folder = temporaryFolder();
  const model = writeOnnx(join(folder.path, "model.onnx"), lookupModel());
  const data = join(folder.path, "rows.jsonl");
  appendFileSync(data, "1000\n1000\n");
  const { code, stderr } = await longshore(["optimize", model, "--data", data]);
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /longshore: .*model\.onnx on .*rows\.jsonl: it cannot compute row \d of the/,
  );
});

test("Ctrl-C ends it at once: exit 130, and nothing is left or written", async () => {
  using copy = copyOf("digits");
  const before = readdirSync(copy.bundle);
  const args = ["optimize", copy.bundle, "--data", "examples/digits/test.csv"];
  const child = spawn(process.execPath, [...NODE, MAIN, ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: copy.temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [printed, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (text.includes("weights int8 …")) child.kill("SIGINT");
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 130, stderr);
  assert.match(stderr, /longshore: interrupted; nothing was written\n$/);
  assert.equal(printed, "");
  assert.deepEqual(leftIn(copy.temporary), []);
  assert.deepEqual(readdirSync(copy.bundle), before);
  assert.ok(!existsSync(join(copy.bundle, "variants")));
});
