import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { readColumns, roundRange } from "./columns.ts";
import type { Draft } from "./draft.ts";
import { writeDraft } from "./writeDraft.ts";

const words = fc.string({
  unit: fc.constantFrom(..."ab :#,[]{}'\"\n-?!&*|>%@`~0é漢"),
  minLength: 1,
  maxLength: 8,
});
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    words,
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom("yes", "no", "null", "1", "1e3", "0x1", "true", ".nan", "2026-11-23", ""),
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(words, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const objects = fc.dictionary(words, values, { maxKeys: 5, noNullPrototype: true });

test("what is written is what YAML reads", () => {
  const fields = fc.uniqueArray(fc.record({ name: words, field: objects }), {
    selector: ({ name }) => name,
    maxLength: 4,
  });
  const steps = fc.array(fc.record({ step: words, options: objects, comment: fc.string() }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(fields, steps, (inputs, before) => {
      const draft: Draft = {
        task: undefined,
        inputs,
        before: before.map((step) => ({ ...step, comment: step.comment.replaceAll(/\s/g, " ") })),
        after: [],
        outputs: [],
        remarks: [],
      };
      const heading = { name: "a", model: undefined, schema: undefined, sources: ["model.onnx"] };
      const text = writeDraft(heading, draft);
      assert.deepEqual(parse(text), {
        name: "a",
        ...(inputs.length > 0 && {
          inputs: Object.fromEntries(inputs.map(({ name, field }) => [name, field])),
        }),
        ...(before.length > 0 && {
          pipeline: { before: before.map(({ step, options }) => ({ step, ...options })) },
        }),
      });
    }),
    { numRuns: 300 },
  );
});

test("a range holds what was seen, in a few digits, and is not much wider", () => {
  const numbers = fc.oneof(
    fc.integer(),
    fc.integer().map((number) => number / 1000),
  );
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      fc.pre(low < high);
      const [from, to] = roundRange([low, high]);
      const slack = (high - low) * 0.11;
      assert.ok(from <= low && from >= low - slack, `${from} for ${low}`);
      assert.ok(to >= high && to <= high + slack, `${to} for ${high}`);
    }),
  );
  assert.deepEqual(roundRange([6.981, 28.11]), [6, 29]);
  assert.deepEqual(roundRange([0.05263, 0.1634]), [0.05, 0.17]);
});

test("columns are read as pandas would", () => {
  const columns = readColumns({
    header: ["n", "e", "b", "c", "d", "t", "m", "empty"],
    records: [
      ["1", "1e-3", "true", "x", "2026-11-23", "alpha", "NA", ""],
      ["", "-2.5", "False", "y", "2026-11-24T08:30:00Z", "beta", "3", "NaN"],
      ["4", ".5", "TRUE", "x", "", "gamma", "5", ""],
      ["2", "7.", "false", "x", "2026-01-01 10:00", "delta", "4", ""],
    ].map((fields, index) => ({ line: index + 2, fields })),
  });
  assert.deepEqual(columns, [
    { name: "n", kind: "number", missing: 1, example: "1", range: [1, 4], median: 2 },
    { name: "e", kind: "number", missing: 0, example: "1e-3", range: [-2.5, 7], median: 0.2505 },
    { name: "b", kind: "boolean", missing: 0, example: "true" },
    { name: "c", kind: "category", missing: 0, example: "x", categories: ["x", "y"], mode: "x" },
    { name: "d", kind: "date", missing: 1, example: "2026-11-23" },
    { name: "t", kind: "text", missing: 0, example: "alpha" },
    { name: "m", kind: "number", missing: 1, example: "3", range: [3, 5], median: 4 },
    { name: "empty", kind: "text", missing: 4 },
  ]);
});
