import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { manifestJsonSchema, manifestSchema, readManifest } from "@longshore/core/manifest";
import { STEPS } from "@longshore/core/pipeline";
import type { Schema } from "../tools/reference/schemaWords.ts";
import { referenceFiles } from "../tools/reference/files.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("reference pages and JSON Schema are what the schema and the steps say", async () => {
  for (const [path, content] of Object.entries(await referenceFiles())) {
    test(path, () => {
      assert.ok(read(path) === content, `${path} is out of date; run \`npm run reference\``);
    });
  }
});

test("the page of steps has a section for each, and its links lead somewhere", () => {
  const page = read("docs/steps.md");
  const headings = new Set([...page.matchAll(/^## `(.+)`$/gm)].map(([, name]) => name!));
  assert.deepEqual([...headings].toSorted(), STEPS.map(({ name }) => name).toSorted());
  for (const [, anchor] of page.matchAll(/\]\(#(.+?)\)/g))
    assert.ok(headings.has(anchor!), anchor!);
});

test("the examples of the reference are bundles", () => {
  const blocks = (path: string): string[] =>
    [...read(path).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text!);
  for (const text of blocks("docs/bundle.md")) assert.ok("manifest" in readManifest(text), text);
  for (const text of blocks("docs/steps.md")) {
    const value: unknown = parse(text);
    if (!Array.isArray(value)) {
      assert.ok("manifest" in readManifest(text), text);
      continue;
    }
    const fits = ["before", "after"].some(
      (phase) => manifestSchema.safeParse({ pipeline: { [phase]: value } }).success,
    );
    assert.ok(fits, text);
  }
});

const validate = new Ajv({ strict: false }).compile(manifestJsonSchema());

describe("the JSON Schema takes what is taken", () => {
  for (const path of globSync("examples/**/bundle.yaml", { cwd: root })) {
    test(path, () => {
      assert.ok(validate(parse(read(path))), JSON.stringify(validate.errors));
    });
  }
});

test("every key of bundle.yaml is described", () => {
  const undescribed = (schema: Schema, path: string): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, key]) => {
      const isPlain = name === "type" || key.const !== undefined;
      const inner = [key, key.additionalProperties, key.items].flatMap((one) =>
        one && !Array.isArray(one) ? [one as Schema, ...((one as Schema).oneOf ?? [])] : [],
      );
      return [
        ...(key.description === undefined && !isPlain ? [`${path}${name}`] : []),
        ...inner.flatMap((one) => undescribed(one, `${path}${name}.`)),
      ];
    });
  const { pipeline, ...keys } = (manifestJsonSchema() as Schema).properties!;
  assert.ok(pipeline?.description);
  assert.deepEqual(undescribed({ properties: keys }, ""), []);
});

describe("the JSON Schema refuses what is refused", () => {
  const wrong: Readonly<Record<string, string>> = {
    "an unknown key": "bathcing: {}",
    "a wrong type": "batching: { maxBatchSize: many }",
    "a fraction": "batching: { maxBatchSize: 2.5 }",
    "an unknown task": "task: tabular",
    "a field of no type": "inputs: { a: {} }",
    "a key of another type of field": "inputs: { a: { type: text, unit: mm } }",
    "half a range": "inputs: { a: { type: number, range: [1] } }",
    "a longer range": "inputs: { a: { type: number, range: [1, 2, 3] } }",
    "a step that is not there": "pipeline: { before: [{ step: standardise }] }",
    "a step on the wrong side": "pipeline: { before: [{ step: softmax, column: a }] }",
    "a step without its options": "pipeline: { before: [{ step: standardize }] }",
    "versions that are none": "versions: al",
    "a list": "[]",
  };
  for (const [name, text] of Object.entries(wrong)) {
    test(name, () => {
      assert.equal(validate(parse(text)), false);
      assert.ok("problems" in readManifest(text));
    });
  }
});
