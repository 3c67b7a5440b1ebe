/**
 * Every step that can be lowered gives in ONNX Runtime what its reference gives, to within single
 * precision. To add a step, add a line to the table of its area in `generators/`.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { newNotes, STEPS, type Frame, type Step } from "@longshore/core/pipeline";
import { NO_PLATFORM, toFrame, typesOf } from "../../../core/src/pipeline/exampleFrame.test.ts";
import { checkGraph } from "../check/checkGraph.ts";
import { inferShapes } from "../infer/inferShapes.ts";
import { assertNear } from "./assertNear.test.ts";
import { images } from "./generators/images.test.ts";
import { outputs } from "./generators/outputs.test.ts";
import type { StepCase } from "./generators/primitives.test.ts";
import { signals } from "./generators/signals.test.ts";
import { tables } from "./generators/tables.test.ts";
import { text } from "./generators/text.test.ts";
import { lowerAlone } from "./lowerAlone.test.ts";

const GENERATORS: Readonly<Record<string, fc.Arbitrary<StepCase>>> = {
  ...tables,
  ...images,
  ...text,
  ...signals,
  ...outputs,
};

/** A step made ready for a case, as a pipeline does it. */
async function prepare(step: Step, { options, given, inputs = {}, outputs: out = {} }: StepCase) {
  const types = typesOf(given);
  const prepared = await step.prepare(step.options.parse(options), {
    types,
    phase: step.phase === "after" ? "after" : "before",
    inputs: inputs as never,
    outputs: out as never,
    signature: { inputs: [], outputs: [] },
    profile: undefined,
    platform: NO_PLATFORM,
  });
  return { types, placed: { config: { step: step.name, ...options }, prepared } };
}

describe("the graph gives what the reference gives", () => {
  for (const step of STEPS) {
    const generator = GENERATORS[step.name];
    if (generator === undefined) continue;
    test(step.name, async () => {
      let lowered = 0;
      await fc.assert(
        fc.asyncProperty(generator, fc.constantFrom(17, 18, 21), async (given, opset) => {
          const { types, placed } = await prepare(step, given);
          if (placed.prepared.lower === undefined) return;
          lowered++;
          const frame = toFrame(given.given);
          const alone = lowerAlone([placed], types, opset);
          assert.deepEqual(checkGraph(alone.model), []);
          inferShapes(alone.model);
          const got = await alone.run(frame);
          await placed.prepared.apply(frame, newNotes());
          assertNear(got, inGraph(frame));
        }),
        { numRuns: 60 },
      );
      assert.ok(lowered > 20, `only ${lowered} of the cases could be lowered`);
    });
  }
});

test("every step that can be lowered has a generator", async () => {
  for (const step of STEPS) {
    for (const example of step.examples) {
      const prepared = await prepare(step, example).catch(() => undefined);
      if (prepared?.placed.prepared.lower === undefined) continue;
      assert.ok(
        GENERATORS[step.name],
        `add "${step.name}" to a table in packages/onnx/src/lower/generators`,
      );
    }
  }
});

/** Columns that no graph holds: a lowered step leaves them alone. */
function inGraph({ rows, columns }: Frame): Frame {
  const held = [...columns].filter(([, { kind }]) => ["number", "text", "tensor"].includes(kind));
  return { rows, columns: new Map(held) };
}
