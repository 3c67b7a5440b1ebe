import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { model, node, tensor } from "../build.ts";
import { assertSame, build, open, parse } from "./bundle.test.ts";
import { numbers, single, texts } from "./generators/primitives.test.ts";

/** A pipeline over the columns a to d and a city, and the width of what it gives the model. */
const pipelines = fc
  .record({
    steps: fc.array(
      fc.tuple(
        fc.constantFrom("impute", "clip", "standardize", "min-max", "robust-scale", "log"),
        fc.shuffledSubarray([..."abcd"], { minLength: 1 }),
        fc.integer({ min: -8, max: 8 }),
        fc.integer({ min: 1, max: 32 }),
      ),
      { maxLength: 6 },
    ),
    encode: fc.constantFrom("one-hot", "ordinal"),
    place: fc.nat(6),
    order: fc.shuffledSubarray([..."abcd"], { minLength: 4 }),
    after: fc.subarray(["softmax", "temperature", "labels", "pick", "scale-back"]),
  })
  .map(({ steps, encode, place, order, after }) => {
    const categories = [["Bergen", "Oslo"]];
    const encoder =
      encode === "one-hot"
        ? { step: "one-hot", columns: ["city"], categories, unknown: "ignore" }
        : { step: "ordinal", columns: ["city"], categories, unknown: -1 };
    const before: object[] = steps.map(([step, columns, from, by]) => {
      const all = <Value>(value: Value): Value[] => columns.map(() => value);
      const options: Record<string, object> = {
        impute: { values: all(from) },
        clip: { min: from, max: from + by },
        standardize: { mean: all(from), scale: all(by) },
        "min-max": { data_min: all(from), data_max: all(from + by) },
        "robust-scale": { center: all(from), scale: all(by) },
        log: { offset: 9 },
      };
      return { step, columns, ...options[step] };
    });
    before.splice(place, 0, encoder);
    const cities = encode === "one-hot" ? ["city_*"] : ["city"];
    before.push({ step: "combine", columns: [...order, ...cities], into: "x" });
    const make: Record<string, object> = {
      softmax: { column: "logits" },
      temperature: { column: "logits", temperature: 2 },
      labels: { column: "logits", labels: ["no", "yes"] },
      pick: { column: "logits", at: 1, into: "one" },
      "scale-back": { column: "logits", scale: [3, 0.5], center: 2 },
    };
    return {
      width: encode === "one-hot" ? 6 : 5,
      pipeline: { before, after: after.map((step) => ({ step, ...make[step] })) },
    };
  });

const frames = fc.integer({ min: 1, max: 5 }).chain((rows) =>
  fc.record({
    a: numbers(rows, fc.integer({ min: -20, max: 20 })),
    b: numbers(rows, fc.integer({ min: -20, max: 20 })),
    c: numbers(rows, single),
    d: numbers(rows, single),
    city: texts(rows, ["Bergen", "Oslo"]),
  }),
);

test("whole pipelines answer the same in the graph as outside", async () => {
  let fusedSteps = 0;
  await fc.assert(
    fc.asyncProperty(
      pipelines,
      frames,
      fc.array(fc.integer({ min: -16, max: 16 }), { minLength: 12, maxLength: 12 }),
      fc.constantFrom("Gemm", "MatMul"),
      async ({ width, pipeline }, given, weights, operator) => {
        const linear = model({
          inputs: [{ name: "x", datatype: "FP32", shape: ["N", width] }],
          outputs: [{ name: "logits", datatype: "FP32", shape: ["N", 2] }],
          initializers: [
            tensor(
              "w",
              "FP32",
              [width, 2],
              Float32Array.from(weights.slice(0, 2 * width), (w) => w / 256),
            ),
          ],
          nodes: [node(operator, ["x", "w"], ["logits"])],
        });
        const number = { type: "number", optional: true };
        const inputs = {
          ...Object.fromEntries([..."abcd"].map((name) => [name, number])),
          city: { type: "category", optional: true },
        };
        const bundle = await open(parse({ inputs, pipeline }), linear);
        const { built, fused } = await build(bundle);
        fusedSteps += fused.steps.filter((step) => step.fused).length;
        await assertSame(bundle, built, given);
      },
    ),
    { numRuns: 100 },
  );
  assert.ok(fusedSteps > 200, `only ${fusedSteps} steps were fused`);
});
