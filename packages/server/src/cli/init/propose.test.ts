import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DATATYPES, type Datatype, type TensorSpec } from "@longshore/core";
import { readManifest } from "@longshore/core/manifest";
import { preparePipeline, STEPS } from "@longshore/core/pipeline";
import { model } from "@longshore/onnx";
import { openPlatform } from "../../processing/platform.ts";
import { readColumns } from "./columns.ts";
import { propose } from "./propose.ts";
import { writeDraft } from "./writeDraft.ts";

const TOKENIZER = STEPS.find(({ name }) => name === "tokenize")!.examples[0]!.files![
  "tokenizer.json"
];
const PLATFORM = {
  ...openPlatform("/nowhere", false),
  readFile: () => Promise.resolve(new TextEncoder().encode(JSON.stringify(TOKENIZER))),
};

const datatypes = fc.constantFrom(...(Object.keys(DATATYPES) as Datatype[]));
const axis = fc.oneof(fc.constantFrom(1, 2, 3, 4, 10, 64), fc.constantFrom("N", "tokens", "?"));
const shapes = fc.array(axis, { maxLength: 4 });
const names = fc.constantFrom(
  "x",
  "y",
  "input_ids",
  "attention_mask",
  "token_type_ids",
  "age",
  "a b",
  "label",
);
const specs = (prefix: string, most: number): fc.Arbitrary<TensorSpec[]> =>
  fc.uniqueArray(
    fc
      .record({
        name: names.map((name) => prefix + name),
        datatype: fc.oneof(
          fc.constant<Datatype>("FP32"),
          fc.constant<Datatype>("INT64"),
          datatypes,
        ),
        shape: shapes,
      })
      .map(({ shape, ...spec }) => ({
        ...spec,
        shape: shape.length === 0 ? shape : ["N", ...shape.slice(1)],
      })),
    { selector: ({ name }) => name, minLength: 1, maxLength: most },
  );

const cell = fc.constantFrom("1", "2.5", "", "red", "green", "true", "false", "2026-11-23");
const tables = fc.option(
  fc.record({
    header: fc.constantFrom(["x"], ["x", "y"], ["age", "label"], ["age", "x", "label", "other"]),
    cells: fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { maxLength: 8 }),
  }),
  { nil: undefined },
);

test("whatever a model takes and gives, the proposal is a bundle whose pipeline fits it", async () => {
  let piped = 0;
  await fc.assert(
    fc.asyncProperty(specs("", 4), specs("", 3), tables, async (inputs, outputs, table) => {
      fc.pre(!outputs.some(({ name }) => inputs.some((input) => input.name === name)));
      const signature = { inputs, outputs };
      const columns =
        table &&
        readColumns({
          header: table.header,
          records: table.cells.map((cells, index) => ({
            line: index + 2,
            fields: cells.slice(0, table.header.length),
          })),
        });
      const draft = propose({
        model: model({ inputs: [], outputs: [], nodes: [] }),
        signature,
        task: undefined,
        columns,
        target: undefined,
        tokenizer: TOKENIZER,
      });
      const heading = { name: "a", model: undefined, schema: undefined, sources: ["model.onnx"] };
      const text = writeDraft(heading, draft);
      const read = readManifest(text);
      assert.ok("manifest" in read, text);
      if (read.manifest.inputs === undefined) return;
      piped++;
      try {
        await preparePipeline(read.manifest, signature, PLATFORM);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${text}`);
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(piped > 100);
});
