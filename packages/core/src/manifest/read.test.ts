import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { formatPlaced, manifestSchema, readManifest, toManifest } from "./index.ts";

function problemsOf(text: string): string[] {
  const read = readManifest(text);
  return "problems" in read ? read.problems.map((problem) => formatPlaced("b", problem)) : [];
}

const TYPES =
  '"number", "boolean", "category", "text", "date", "image", "audio", "series", "tensor"';

/** What is wrong, and what is said: all of it, or patterns where a list grows with the product. */
const WRONG: Readonly<Record<string, readonly [text: string, ...says: (string | RegExp)[]]>> = {
  "a mistyped key": [
    "bathcing: {}",
    'b:1:1: bathcing: there is no such key; did you mean "batching"?',
  ],
  "a key like no other": ["zzz: 1", /^b:1:1: zzz: there is no such key; the keys here are name, /],
  "a key of an object's prototype": ["constructor: 1", /^b:1:1: constructor: there is no such key/],
  "a prototype": ["__proto__: { name: a }", /^b:1:1: __proto__: there is no such key/],
  "wrong types, in the order of the text": [
    "batching:\n  foo: 1\n  maxBatchSize: many\n",
    "b:2:3: batching.foo: there is no such key; the keys here are enabled, maxBatchSize, maxQueueDelayMs, preferredBatchSizes, preserveOrdering",
    'b:3:17: batching.maxBatchSize: expected a number, got "many"',
  ],
  "a fraction": [
    "batching: { maxBatchSize: 2.5 }",
    "b:1:27: batching.maxBatchSize: expected a whole number, got 2.5",
  ],
  "a text that YAML reads as a text": [
    'batching: { enabled: "yes" }',
    'b:1:22: batching.enabled: expected true or false, got "yes"',
  ],
  "a name that YAML reads as a number": [
    "name: 12",
    "b:1:7: name: expected a text, got 12; write it in quotes",
  ],
  "a name that does not fit in URLs": [
    "name: a b",
    "b:1:7: name: \"a b\" does not fit: letters, digits, '_', '-' and '.' only, as it becomes part of a URL",
  ],
  "nothing where something must be": [
    "name: a\nlimits:\nbatching: ~\n",
    "b:2:1: limits: expected keys with values, got nothing (null); write a value, or remove the key",
    "b:3:11: batching: expected keys with values, got nothing (null); write a value, or remove the key",
  ],
  "one mistake, one problem": [
    "versions: { latets: 1 }",
    'b:1:13: versions.latets: there is no such key; did you mean "latest"?',
  ],
  "no alternative at all": [
    "versions: al",
    'b:1:11: versions: expected keys with values, "all" or a list, got "al"; did you mean "all"?',
  ],
  "the alternative that was meant": [
    "versions: [1, a]",
    'b:1:15: versions[1]: expected a number, got "a"',
  ],
  "an empty list": ["versions: []", "b:1:11: versions: expected at least 1 item, got 0"],
  "a number below its least": [
    "golden: { file: x, tolerance: -1 }",
    "b:1:31: golden.tolerance: expected at least 0, got -1",
  ],
  "no number": [
    "golden: { file: x, tolerance: .nan }",
    "b:1:31: golden.tolerance: expected a number, got NaN",
  ],
  "one of a few": [
    "task: tabular-clasification",
    /^b:1:7: task: expected one of "tabular-classification", .*; did you mean "tabular-classification"\?$/,
  ],
  "a field of no type": [
    "inputs:\n  age: {}\n",
    `b:2:8: inputs.age.type: is missing; expected one of ${TYPES}`,
  ],
  "a field of another type": [
    "inputs:\n  mean radius: { type: numbr }\n",
    `b:2:24: inputs["mean radius"].type: expected one of ${TYPES}, got "numbr"; did you mean "number"?`,
  ],
  "a key that its type does not have": [
    "inputs:\n  a: { type: boolean, rnage: [0, 1] }\n",
    "b:2:23: inputs.a.rnage: there is no such key; the keys here are type, description, optional, default, example",
  ],
  "half a range": [
    "inputs:\n  a:\n    type: number\n    range: [1]\n",
    "b:4:12: inputs.a.range: expected at least 2 items, got 1",
  ],
  "a field without a name": [
    'inputs: { "": { type: text } }',
    'b:1:11: inputs[""]: a name must not be empty',
  ],
  "a step that is not there": [
    "pipeline:\n  before:\n    - step: standardise\n",
    /^b:3:13: pipeline\.before\[0\]\.step: expected one of .*, got "standardise"; did you mean "standardize"\?$/,
  ],
  "a step on the wrong side": [
    "pipeline:\n  before:\n    - { step: softmax, column: a }\n",
    /^b:3:15: pipeline\.before\[0\]\.step: .*; "softmax" stands after the model: move it to pipeline\.after$/,
  ],
  "options of a step": [
    "pipeline:\n  before:\n    - step: standardize\n      columns: [1]\n      meen: [1]\n",
    "b:3:7: pipeline.before[0].scale: is missing; expected a list",
    "b:4:17: pipeline.before[0].columns[0]: expected a text, got 1; write it in quotes",
    'b:5:7: pipeline.before[0].meen: there is no such key; did you mean "mean"?',
  ],
  "no step at all": [
    "pipeline: { after: [softmax] }",
    'b:1:21: pipeline.after[0]: expected keys with values, got "softmax"',
  ],
  "where an alias points to, for each use": [
    "inputs:\n  a: &f { type: number, rang: 1 }\n  b: *f\n",
    'b:2:25: inputs.a.rang: there is no such key; did you mean "range"?',
    'b:2:25: inputs.b.rang: there is no such key; did you mean "range"?',
  ],
  "a list": ["- 1", "b:1:1: expected keys with values, got a list"],
  "a text": ["model", 'b:1:1: expected keys with values, got "model"'],
  "a bracket that is never closed": ["name: [\n", /^b:2:1: no valid YAML: /],
  "a colon in a text": ["name: a: b", /^b:1:7: no valid YAML: /],
  "a key twice": ["name: a\nname: b\n", "b:2:1: the key name stands twice; remove one of them"],
  "a tab": ["batching:\n\tenabled: true\n", "b:2:1: a tab indents this line; indent with spaces"],
  "two documents": [
    "name: a\n---\nname: b\n",
    "b:2:1: a second document begins here; a bundle has one",
  ],
  "a tag of a program": ["name: !!js/function x", /^b:1:7: no valid YAML: Unresolved tag/],
  "a key that is a list": ["? [a]\n: b\n", /^b:1:3: no valid YAML: /],
  "a merge key": [
    "<<: { name: a }",
    'b:1:1: ["<<"]: there is no such key; YAML 1.2 has no merge keys: repeat the keys, or alias the whole value',
  ],
  "an alias of nothing": ["name: *a", "b:1:7: the alias *a has no anchor before it"],
  "an alias in itself": ["name: &a [*a]", "b:1:11: the alias *a repeats what it lies in"],
  "a bomb of aliases": [
    `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(", ")}]\n`).join("")}`,
    /^b:1:1: anchors and aliases: Excessive alias count/,
  ],
  "a text that is far too long": [`name: ${"a".repeat(2 ** 24)}`, /^b:1:1: is longer than/],
};

describe("what is wrong is said where it stands, with what was meant", () => {
  for (const [name, [text, ...says]] of Object.entries(WRONG)) {
    test(name, () => {
      const problems = problemsOf(text);
      assert.equal(problems.length, says.length, problems.join("\n"));
      says.forEach((wanted, index) => {
        if (typeof wanted === "string") assert.equal(problems[index], wanted);
        else assert.match(problems[index]!, wanted);
      });
    });
  }

  test("nesting without end", () => {
    for (const text of ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(50_000)])
      assert.match(problemsOf(text)[0]!, /is nested too deep|no valid YAML/);
  });
});

test("a manifest that says nothing, and one that repeats itself by alias", () => {
  for (const text of ["", "\n# nothing yet\n", "{}"]) {
    const read = readManifest(text);
    assert.ok("manifest" in read);
    assert.deepEqual(read.manifest, {});
  }
  const names = Array.from({ length: 30 }, (_, index) => `c${index}`);
  const fitted = names.map((_, index) => index + 1);
  const text = `pipeline:
  before:
    - step: standardize
      columns: &all [${names.join(", ")}]
      mean: [${fitted.join(", ")}]
      scale: [${fitted.join(", ")}]
    - { step: combine, columns: *all, into: x }
`;
  const read = readManifest(text);
  assert.ok("manifest" in read);
  assert.deepEqual(read.manifest.pipeline?.before?.[1], {
    step: "combine",
    columns: names,
    into: "x",
    datatype: "FP32",
    keep: false,
  });
});

test("a problem found later is put where it stands", () => {
  const read = readManifest(
    "pipeline:\n  before:\n    - step: combine\n      columns: [a, b]\n      into: x\n",
  );
  assert.ok("manifest" in read);
  const at = (...path: (string | number)[]): string => {
    const { line, column } = read.place({ path, message: "" });
    return `${line}:${column}`;
  };
  assert.equal(at("pipeline", "before", 0, "columns", 1), "4:20");
  assert.equal(at("pipeline", "before", 0, "columns"), "4:16");
  // What is not there stands where it would have to be.
  assert.equal(at("pipeline", "before", 0, "keep"), "3:7");
  assert.equal(at("pipeline", "before", 7), "3:5");
  assert.equal(at("outputs", "y"), "1:1");
});

const MANIFESTS = fc.record(
  {
    name: fc.constantFrom("digits", "a b"),
    batching: fc.record({ maxBatchSize: fc.oneof(fc.nat(), fc.double(), fc.string()) }),
    versions: fc.oneof(fc.constant("all"), fc.array(fc.integer()), fc.record({ latest: fc.nat() })),
    inputs: fc.dictionary(
      fc.string({ minLength: 1, maxLength: 5 }),
      fc.record(
        {
          type: fc.constantFrom("number", "text", "numbr"),
          optional: fc.boolean(),
          unit: fc.string(),
        },
        { requiredKeys: [] },
      ),
    ),
    description: fc.string(),
    unknown: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test("a text is taken if the schema takes what it holds", () => {
  fc.assert(
    fc.property(MANIFESTS, (value) => {
      const text = stringify(value, { lineWidth: 0 });
      const expected = manifestSchema.safeParse(parse(text));
      const read = readManifest(text);
      assert.equal("manifest" in read, expected.success);
      if ("manifest" in read) assert.deepEqual(read.manifest, expected.data);
      assert.equal("manifest" in toManifest(parse(text)), expected.success);
    }),
    { numRuns: 300 },
  );
});

test("a wrong value is found wherever it stands", () => {
  const marker = "MARKER";
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z ]{1,8}[a-z]$/), {
    minLength: 1,
    maxLength: 5,
  });
  const flow = fc.boolean();
  fc.assert(
    fc.property(names, flow, fc.nat(), fc.string(), (fields, inline, pick, description) => {
      const wrong = fields[pick % fields.length]!;
      const inputs = Object.fromEntries(
        fields.map((name) => [name, { type: "number", optional: name === wrong ? marker : true }]),
      );
      const text = stringify(
        { description, inputs },
        { collectionStyle: inline ? "flow" : "block", lineWidth: 40 },
      );
      const before = text.slice(0, text.lastIndexOf(marker)).split("\n");
      const read = readManifest(text);
      assert.ok("problems" in read);
      const places = read.problems.map(({ line, column }) => [line, column]);
      assert.deepEqual(places, [[before.length, before.at(-1)!.length + 1]]);
    }),
    { numRuns: 200 },
  );
});

test("no text brings it down, and every problem stands inside the text", () => {
  const words = fc.constantFrom(
    ..."name:|inputs|pipeline:|step|- |: |{|}|[|]|&a |*a|\n|  |\t|'|\"|#|!|%|---\n|~|1".split("|"),
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words, { maxLength: 60 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const read = readManifest(text);
      if ("manifest" in read) return;
      const lines = text.split("\n");
      for (const { line, column } of read.problems)
        assert.ok(
          column <= (lines[line - 1]?.length ?? -1) + 1,
          `${line}:${column} of ${JSON.stringify(text)}`,
        );
    }),
    { numRuns: 5000 },
  );
});
