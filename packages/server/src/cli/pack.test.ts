import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { longshore, succeed } from "./process.test.ts";

/** A small bundle with a golden example. */
function writeBundle(folder: string, manifest = MANIFEST): void {
  writeOnnx(join(folder, "model.onnx"), affineModel());
  writeFileSync(join(folder, "bundle.yaml"), manifest);
  writeFileSync(join(folder, "golden.jsonl"), GOLDEN);
}

const MANIFEST = "golden: { file: golden.jsonl, tolerance: 0 }\n";
const GOLDEN = '{"request": {"inputs": [[1]]}, "answer": {"outputs": {"y": [[3]]}}}\n';

test("a bundle travels as one file, and comes out as it was", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeBundle(at("affine"));
  const packed = await succeed(["pack", at("affine"), "--out", at("one.tar")]);
  const [, digest] = /^sha256:([0-9a-f]{64})$/m.exec(packed) ?? [];
  assert.ok(digest, packed);
  assert.match(packed, /^model\.onnx +\d+ bytes$/m);
  const unpacked = await succeed([
    "unpack",
    at("one.tar"),
    "--out",
    at("again"),
    "--digest",
    digest,
  ]);
  assert.match(unpacked, new RegExp(`^sha256:${digest}$`, "m"));
  for (const name of readdirSync(at("affine")))
    assert.deepEqual(readFileSync(at("again", name)), readFileSync(at("affine", name)));

  const again = await longshore(["unpack", at("one.tar"), "--out", at("again")]);
  assert.deepEqual([again.code, /exists/.test(again.stderr)], [1, true]);
  const other = ["unpack", at("one.tar"), "--out", at("b"), "--digest", `sha256:${"0".repeat(64)}`];
  const wrong = await longshore(other);
  assert.deepEqual([wrong.code, /has the SHA-256/.test(wrong.stderr)], [1, true]);
  assert.ok(!existsSync(at("b")));
});

test("a bundle with errors is not packed, nor one whose files would be left out", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeBundle(at("affine"), MANIFEST.replace("golden.jsonl", "gold.jsonl"));
  const broken = await longshore(["pack", at("affine"), "--out", at("a.tar")]);
  assert.deepEqual([broken.code, /no such file/.test(broken.stderr)], [1, true]);
  cpSync(at("affine/golden.jsonl"), at("affine/.golden.jsonl"));
  writeBundle(at("affine"), MANIFEST.replace("golden.jsonl", ".golden.jsonl"));
  const hidden = await longshore(["pack", at("affine"), "--out", at("a.tar")]);
  assert.equal(hidden.code, 1);
  assert.match(hidden.stderr, /names "\.golden\.jsonl", which is no file to be packed/);
  assert.deepEqual(readdirSync(folder.path), ["affine"]);
});

test("what is asked wrongly is told with the way to the help", async () => {
  const cases = [
    [["unpack", "bundle"], /name the folder with --out/],
    [["unpack", "a.tar", "--digest", "12"], /--digest takes a SHA-256/],
    [["pack"], /<bundle> is missing/],
  ] as const;
  for (const [args, says] of cases) {
    const { code, stderr } = await longshore(args);
    assert.equal(code, 2);
    assert.match(stderr, says);
  }
});
