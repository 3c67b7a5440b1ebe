import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnsembleSettings } from "@longshore/core/manifest";
import { readEnsemble, type EnsembleGraph } from "./graph.ts";
import { planEnsemble } from "./plan.ts";

function graphOf(steps: EnsembleSettings["steps"], outputs: string[]): EnsembleGraph {
  const { graph, problems } = readEnsemble({ steps, outputs });
  assert.deepEqual(problems, []);
  return graph!;
}

/** in → a; a → b, c; b and c → d; and aside of it all in → e. */
const GRAPH = graphOf(
  [
    { model: "join", inputs: { x: "b", y: "c" }, outputs: { z: "d" } },
    { model: "left", inputs: { x: "a" }, outputs: { y: "b", unused: "u" } },
    { model: "right", inputs: { x: "a" }, outputs: { y: "c" } },
    { model: "first", inputs: { x: "in" }, outputs: { y: "a" } },
    { model: "aside", inputs: { x: "in" }, outputs: { y: "e" } },
  ],
  ["d", "e", "a"],
);

const modelsOf = (...plan: Parameters<typeof planEnsemble>): string[] =>
  planEnsemble(...plan).steps.map(({ index }) => plan[0].steps[index]!.model);

test("what the wanted outputs follow from runs, in an order in which it can, and nothing else", () => {
  assert.deepEqual(modelsOf(GRAPH, ["d"]), ["first", "left", "right", "join"]);
  assert.deepEqual(modelsOf(GRAPH, ["a"]), ["first"]);
  assert.deepEqual(modelsOf(GRAPH, ["e"]), ["aside"]);
  assert.deepEqual(modelsOf(GRAPH, []), []);
});

test("steps that remember run in any case, with what they follow from", () => {
  assert.deepEqual(modelsOf(GRAPH, ["e"], new Set([2])), ["first", "right", "aside"]);
});

test("only outputs that something needs are asked for, and each use of a tensor is counted", () => {
  const plan = planEnsemble(GRAPH, ["d", "a"]);
  const left = plan.steps.find(({ index }) => index === 1)!;
  assert.deepEqual(left.outputs, [["y", "b"]]);
  // `a` has two readers and is an answer too.
  assert.deepEqual(Object.fromEntries(plan.uses), { d: 1, a: 3, in: 1, b: 1, c: 1 });
});

test("steps wait for those that make what they read, however often they read it", () => {
  const plan = planEnsemble(GRAPH, ["d"]);
  assert.deepEqual(
    plan.steps.map(({ waitsFor, next }) => [waitsFor, next]),
    [
      [0, [1, 2]],
      [1, [3]],
      [1, [3]],
      [2, []],
    ],
  );
  assert.deepEqual([plan.first, plan.branches], [[0], true]);
  const twice = graphOf(
    [
      { model: "first", inputs: { x: "in" }, outputs: { y: "a", z: "b" } },
      { model: "second", inputs: { x: "a", y: "b", z: "a" }, outputs: { y: "out" } },
    ],
    ["out"],
  );
  const chain = planEnsemble(twice, ["out"]);
  assert.deepEqual(chain.steps[1]!.waitsFor, 1);
  assert.equal(chain.branches, false);
});
