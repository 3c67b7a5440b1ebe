import assert from "node:assert/strict";
import { test } from "node:test";
import { readDefinition } from "./definition.ts";

const x = { datatype: "FP32", shape: ["N", 2] };
const good = { inputs: { x }, outputs: { y: { ...x, labels: ["a", "b"] } }, predict: () => ({}) };

test("a definition becomes a signature, in the order in which it is written", () => {
  const { signature } = readDefinition({ default: good }, "rules.ts");
  assert.deepEqual(signature, {
    inputs: [{ name: "x", ...x }],
    outputs: [{ name: "y", ...x, labels: ["a", "b"] }],
  });
});

/** Wrong default exports, with what is said of them. */
const WRONG: readonly [exported: unknown, told: RegExp][] = [
  [undefined, /expected `export default defineModel/],
  [null, /expected `export default/],
  [[], /expected `export default/],
  [() => undefined, /expected `export default/],
  [{ ...good, predict: undefined }, /`predict` is not a function/],
  [{ ...good, load: 3 }, /`load` is not a function/],
  [{ ...good, lod: () => 1 }, /does not take "lod"; it takes inputs, outputs, load, predict/],
  [{ ...good, inputs: undefined }, /`inputs` is not an object with a tensor for each name/],
  [{ ...good, inputs: {} }, /`inputs` is not an object/],
  [{ ...good, outputs: [] }, /`outputs` is not an object/],
  [{ ...good, inputs: { x: "FP32" } }, /inputs\.x is not an object/],
  [{ ...good, inputs: { x: { ...x, datatype: "FLOAT" } } }, /inputs\.x\.datatype is "FLOAT"/],
  [{ ...good, inputs: { x: { ...x, datatype: "constructor" } } }, /is not a data type/],
  [{ ...good, outputs: { y: { ...x, datatype: 1 } } }, /outputs\.y\.datatype is number/],
  [{ ...good, outputs: { y: { ...x, shape: "N" } } }, /outputs\.y\.shape is not a list/],
  [{ ...good, outputs: { y: { ...x, shape: [-1] } } }, /outputs\.y\.shape/],
  [{ ...good, outputs: { y: { ...x, shape: [1.5] } } }, /outputs\.y\.shape/],
  [{ ...good, outputs: { y: { ...x, shape: [""] } } }, /outputs\.y\.shape/],
  [{ ...good, outputs: { y: { ...x, labels: ["a"] } } }, /1 labels for a last axis of 2/],
  [{ ...good, outputs: { y: { ...x, labels: [1, 2] } } }, /labels is not a list of texts/],
];

for (const [index, [exported, told]] of WRONG.entries()) {
  test(`wrong definition ${index} is told: ${told.source}`, () => {
    assert.throws(
      () => readDefinition({ default: exported }, "rules.ts"),
      (error: Error) => {
        assert.match(error.message, /^rules\.ts: /);
        assert.match(error.message, told);
        return true;
      },
    );
  });
}
