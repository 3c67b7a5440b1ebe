import assert from "node:assert/strict";
import { test } from "node:test";
import { toManifest } from "@longshore/core/manifest";
import { parse } from "yaml";
import { addVariant } from "./bundle.ts";

const variant = (name: string, target = "x64") => ({
  name,
  target,
  model: `variants/${name}.onnx`,
  original: "0".repeat(64),
  record: `variants/${name}.json`,
});

const MANIFEST = `# The bundle of digits.
name: digits # as in URLs
description: >-
  Two lines
  of text.
golden: { file: golden.jsonl, tolerance: 1.0e-5 }
`;

function namesIn(text: string): string[] {
  const read = toManifest(parse(text));
  assert.ok("manifest" in read, JSON.stringify(read));
  return (read.manifest.variants ?? []).map(({ name }) => name);
}

const never = (): boolean => false;

test("a variant is added behind a text that stays as it was, to the letter", () => {
  const text = addVariant(MANIFEST, variant("int8"), never);
  assert.ok(text.startsWith(MANIFEST));
  assert.deepEqual(namesIn(text), ["int8"]);
  assert.ok(addVariant(MANIFEST.trimEnd(), variant("int8"), never).startsWith(MANIFEST));
});

test("a new one stands in front, replaces what it shall, and leaves comments around it alone", () => {
  const before = `${MANIFEST}variants:
  # Chosen by hand.
  - name: fp16
    target: cuda # the big one
    model: fp16.onnx
    original: "${"1".repeat(64)}"
  - { name: old, target: x64, model: variants/old.onnx, original: "${"2".repeat(64)}" }

# Batches.
batching: { maxBatchSize: 8 } # at most
`;
  const after = addVariant(before, variant("new"), ({ target }) => target === "x64");
  assert.deepEqual(namesIn(after), ["new", "fp16"]);
  assert.ok(after.startsWith(MANIFEST));
  for (const comment of ["# Chosen by hand.", "# the big one", "# Batches.", "# at most"])
    assert.ok(after.includes(comment), `${comment}\n${after}`);
  assert.deepEqual(parse(after), {
    ...(parse(before) as object),
    variants: (parse(after) as { variants: unknown }).variants,
  });
  assert.deepEqual(namesIn(addVariant(after, variant("newer"), () => true)), ["newer"]);
});

test("manifests that are empty, a comment, or one flow map", () => {
  for (const text of [
    "",
    "# nothing yet\n",
    "{}\n",
    "{ name: digits, variants: [] }\n",
    "variants:\n",
    "---\nname: x\n",
  ]) {
    const after = addVariant(text, variant("int8"), never);
    assert.deepEqual(namesIn(after), ["int8"], after);
    if (text.startsWith("#")) assert.ok(after.startsWith(text));
  }
});

test("anchors and aliases, and a document that ends before its text, stay valid", () => {
  const other = `{ name: arm, target: arm64, model: m.onnx, original: "${"1".repeat(64)}" }`;
  const anchored = (target: string): string =>
    `variants: [{ name: old, target: ${target}, model: &m m.onnx, original: "${"1".repeat(64)}" }]\n`;
  const cases: [text: string, names: string[]][] = [
    ["# kept\nname: x\n...\n", ["new"]],
    [
      `# kept\ndescription: &m m.onnx\nvariants: [${other.replace("m.onnx", "*m")}]\n`,
      ["new", "arm"],
    ],
    [`${anchored("arm64")}# kept\ndescription: *m\n`, ["new", "old"]],
    [`${anchored("x64")}description: *m\n`, ["new"]],
  ];
  for (const [text, names] of cases) {
    const after = addVariant(text, variant("new"), ({ target }) => target === "x64");
    assert.deepEqual(namesIn(after), names, after);
    const { variants: _, ...rest } = parse(after) as Record<string, unknown>;
    const { variants: __, ...expected } = parse(text) as Record<string, unknown>;
    assert.deepEqual(rest, expected);
    assert.equal(after.includes("# kept"), text.includes("# kept"), after);
  }
});
