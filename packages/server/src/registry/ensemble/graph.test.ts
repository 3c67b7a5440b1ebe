import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblem, readManifest, type EnsembleSettings } from "@longshore/core/manifest";
import { readEnsemble, type ReadEnsemble } from "./graph.ts";

const step = (
  model: string,
  inputs: Record<string, string>,
  outputs: Record<string, string>,
): EnsembleSettings["steps"][number] => ({ model, inputs, outputs });

/** Reads an ensemble through the manifest's schema, as a user writes it. */
function read(text: string): ReadEnsemble {
  const manifest = readManifest(text);
  assert.ok("manifest" in manifest, JSON.stringify(manifest));
  return readEnsemble(manifest.manifest.ensemble!);
}

const problemsOf = (text: string): string[] => read(text).problems.map(formatProblem);

test("inputs are what no step makes, outputs what no step reads, and the order of steps is free", () => {
  const { graph, problems, unused } = read(`
ensemble:
  steps:
    - { model: classify, inputs: { pixels: scaled, mask: mask }, outputs: { label: label } }
    - { model: scale, inputs: { image: image }, outputs: { pixels: scaled, range: range } }
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(unused, []);
  assert.deepEqual(graph?.inputs, ["mask", "image"]);
  assert.deepEqual(graph.outputs, ["label", "range"]);
  assert.deepEqual(graph.order, [1, 0]);
});

test("declared inputs and outputs give the order of the signature", () => {
  const { graph, unused } = read(`
ensemble:
  inputs: { image: { datatype: UINT8 }, mask: {} }
  outputs: [label]
  steps:
    - { model: classify, inputs: { pixels: scaled, mask: mask }, outputs: { label: label } }
    - { model: scale, inputs: { image: image }, outputs: { pixels: scaled, range: range } }
`);
  assert.deepEqual(graph?.inputs, ["image", "mask"]);
  assert.deepEqual(graph.outputs, ["label"]);
  assert.deepEqual(unused.map(formatProblem), [
    'ensemble.steps[1].outputs.range: nobody uses "range"; take it out, or name it among the ensemble\'s outputs',
  ]);
});

const A = "{ model: a, inputs: { x: in }, outputs: { y: middle } }";
const B = "{ model: b, inputs: { x: middle }, outputs: { y: out } }";

const WRONG: readonly (readonly [what: string, text: string, problem: RegExp])[] = [
  [
    "two makers",
    `ensemble: { steps: [${A}, { model: b, inputs: { x: in }, outputs: { y: middle } }] }`,
    /^ensemble\.steps\[1\]\.outputs\.y: step 1 \("a"\) makes "middle" already; give one/,
  ],
  [
    "a step that makes nothing",
    `ensemble: { steps: [${A}, { model: b, inputs: { x: middle }, outputs: {} }] }`,
    /^ensemble\.steps\[1\]\.outputs: names no output of "b"$/,
  ],
  [
    "a circle",
    "ensemble: { steps: [{ model: a, inputs: { x: v }, outputs: { y: u } }, { model: b, inputs: { x: u }, outputs: { y: v } }] }",
    /step 1 \("a"\) waits for "v" of step 2 \("b"\), which waits for "u" of step 1 \("a"\)$/,
  ],
  [
    "a step that reads what it makes",
    "ensemble: { outputs: [u], steps: [{ model: a, inputs: { x: u }, outputs: { y: u } }] }",
    /^ensemble\.steps\[0\]: the steps go in a circle: step 1 \("a"\) waits for "u" of step 1 \("a"\)$/,
  ],
  [
    "a tensor that nothing makes",
    `ensemble: { inputs: [in], steps: [${A}, { model: b, inputs: { x: midle }, outputs: { y: out } }] }`,
    /^ensemble\.steps\[1\]\.inputs\.x: "midle" is no input of the ensemble, and no step makes it; did you mean "middle"\?/,
  ],
  [
    "an input that nothing reads",
    `ensemble: { inputs: [in, other], steps: [${A}, ${B}] }`,
    /^ensemble\.inputs\[1\]: no step reads "other"; there is "in", "middle"$/,
  ],
  [
    "an input that a step makes",
    `ensemble: { inputs: { in: {}, middle: {} }, steps: [${A}, ${B}] }`,
    /^ensemble\.inputs\.middle: "middle" is made by step 1 \("a"\): callers cannot send it$/,
  ],
  [
    "an input named twice",
    `ensemble: { inputs: [in, in], steps: [${A}, ${B}] }`,
    /^ensemble\.inputs\[1\]: "in" stands twice$/,
  ],
  [
    "an output that nothing makes",
    `ensemble: { outputs: [ot], steps: [${A}, ${B}] }`,
    /^ensemble\.outputs\[0\]: no step makes "ot"; did you mean "out"\?$/,
  ],
  [
    "an output named twice",
    `ensemble: { outputs: [out, out], steps: [${A}, ${B}] }`,
    /^ensemble\.outputs\[1\]: "out" stands twice$/,
  ],
  [
    "an output that callers send",
    `ensemble: { outputs: [in, out], steps: [${A}, ${B}] }`,
    /^ensemble\.outputs\[0\]: no step makes "in"; there is "middle", "out"$/,
  ],
];

test("what is wrong with the data flow is told with its place", () => {
  for (const [what, text, problem] of WRONG) {
    const problems = problemsOf(text);
    assert.equal(problems.length, 1, `${what}: ${problems.join("; ")}`);
    assert.match(problems[0]!, problem, what);
    assert.equal(read(text).graph, undefined, what);
  }
});

test("the schema refuses what is no ensemble", () => {
  const problem = (text: string): string => {
    const result = readManifest(text);
    return "problems" in result ? formatProblem(result.problems[0]!) : "none";
  };
  assert.match(problem("ensemble: { steps: [] }"), /steps: expected at least 1 item/);
  assert.match(
    problem(`ensemble: { outputs: {}, steps: [${A}] }`),
    /outputs: expected at least one/,
  );
  assert.match(
    problem(`ensemble: { inputs: { in: { datatype: FLOAT32 } }, steps: [${A}] }`),
    /datatype: expected one of "BOOL", .*, got "FLOAT32"/,
  );
  assert.match(
    problem("ensemble: { steps: [{ model: a, input: { x: in }, outputs: { y: t } }] }"),
    /did you mean "inputs"\?/,
  );
});

test("a chain of many steps is ordered whatever their places", () => {
  const steps = Array.from({ length: 500 }, (_, index) =>
    step("a", { x: `t${index}` }, { y: `t${index + 1}` }),
  ).toReversed();
  const { problems } = readEnsemble({ steps: [...steps, ...steps, step("b", {}, { y: "z" })] });
  assert.match(problems[0]!.message, /^1001 steps are over the limit of 1000$/);
  const { graph } = readEnsemble({ steps });
  assert.deepEqual(
    graph?.order,
    Array.from({ length: 500 }, (_, index) => 499 - index),
  );
  assert.deepEqual([graph.inputs, graph.outputs], [["t0"], ["t500"]]);
});
