import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertClose } from "../../../../test/support/close.ts";
import { randomTensor, seededRandom } from "../../../../test/support/network.ts";
import { runModel } from "../../../../test/support/ort.ts";
import { layoutSteps } from "../../../../test/support/randomGraph/layoutSteps.ts";
import { randomGraph } from "../../../../test/support/randomGraph/randomGraph.ts";
import {
  convolutionSteps,
  elementwiseSteps,
  otherSteps,
} from "../../../../test/support/randomGraph/steps.ts";
import { checkGraph } from "../check/checkGraph.ts";
import { inferShapes } from "../infer/inferShapes.ts";
import type { Model } from "../proto/types.ts";
import { upgradeOpset } from "./upgradeOpset.ts";

const STEPS = [...elementwiseSteps, ...convolutionSteps, ...layoutSteps, ...otherSteps];

/** The model with the types of its outputs, and without those that cannot be exchanged. */
function withTypes(model: Model): Model {
  const outputs = inferShapes(model).graph.outputs.flatMap(({ name, type }) => {
    const elemType = type?.tensorType?.elemType ?? 0;
    return EXCHANGED.has(elemType) ? [{ name, type: { tensorType: { elemType } } }] : [];
  });
  return { ...model, graph: { ...model.graph, outputs } };
}

/** FP32, UINT8, INT32, INT64, BOOL, FP64. */
const EXCHANGED: ReadonlySet<number> = new Set([1, 2, 6, 7, 9, 11]);

test("random graphs give the same in a newer opset, every value of them", async () => {
  let upgraded = 0;
  const reasons = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.constantFrom(7, 8, 9, 10, 11, 12, 15, 17, 18),
      fc.constantFrom(13, 17, 19, 21),
      fc.integer({ min: 1, max: 12 }),
      async (seed, from, to, count) => {
        const built = randomGraph(seed, from, STEPS, count);
        const before = withTypes(built.model);
        const { model: after, skipped } = upgradeOpset(before, to);
        for (const { opType, reason } of skipped) reasons.add(`${opType}: ${reason}`);
        if (after === before) return;
        upgraded += 1;
        assert.deepEqual(checkGraph(after), []);
        const random = seededRandom(seed + 1);
        const feeds = Object.fromEntries(
          built.inputs.map(({ name, shape }) => [name, randomTensor(random, shape)]),
        );
        const options = { optimization: "disabled" } as const;
        const expected = await runModel(before, feeds, options);
        assertClose(await runModel(after, feeds, options), expected, 1e-4);
      },
    ),
    { numRuns: 250, seed: 1 },
  );
  assert.ok(upgraded > 120, `only ${upgraded} were upgraded`);
  const known =
    /^(Resize: in opset 11: (how it rounds|it enlarges)|Dropout: in opset 10: the type)/;
  assert.deepEqual(
    [...reasons].filter((reason) => !known.test(reason)),
    [],
  );
});
