import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeImage } from "../../../server/src/data/decodeImage.ts";
import {
  codePlatform,
  fileReader,
  NO_PLATFORM,
  runStep,
  toFrame,
  toPlain,
} from "./exampleFrame.test.ts";
import { STEPS } from "./steps.ts";

const platform = { ...NO_PLATFORM, readImage: decodeImage };

describe("every step's documentation is true", () => {
  for (const step of STEPS) {
    test(step.name, async () => {
      assert.match(step.name, /^[a-z][a-z0-9-]*$/);
      assert.match(step.summary, /^[A-Z].*\.$/);
      for (const [name, option] of Object.entries(step.options.shape))
        assert.ok(option.meta()?.description ?? isPlain(name), `${name} needs a description`);
      assert.ok(step.examples.length > 0);
      for (const example of step.examples) {
        const { importModule } = codePlatform(example.modules ?? {});
        const { frame, types, notes } = await runStep(step, example, {
          platform: { ...platform, importModule, readFile: fileReader(example.files) },
        });
        assert.deepEqual(toPlain(frame), toPlain(toFrame(example.gives)));
        // What the step says beforehand of the columns that it leaves is what it leaves.
        assert.deepEqual([...types.keys()].toSorted(), [...frame.columns.keys()].toSorted());
        for (const [name, { kind }] of types)
          assert.equal(frame.columns.get(name)?.kind, kind, name);
        const flags = notes.flags.map(
          ({ row, field, rule }) => `row ${row}: ${field ?? ""} (${rule})`,
        );
        assert.deepEqual(flags, example.flags ?? []);
      }
    });
  }
});

/** Options whose meaning is the same everywhere. */
function isPlain(name: string): boolean {
  return ["datatype"].includes(name);
}

test("no two steps have the same name", () => {
  assert.equal(new Set(STEPS.map(({ name }) => name)).size, STEPS.length);
});
