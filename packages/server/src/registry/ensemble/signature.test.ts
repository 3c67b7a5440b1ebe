import assert from "node:assert/strict";
import { test } from "node:test";
import type { Signature, TensorSpec } from "@longshore/core";
import { formatProblem, readManifest } from "@longshore/core/manifest";
import { readEnsemble } from "./graph.ts";
import { typeEnsemble, type TypedEnsemble } from "./signature.ts";

const spec = (
  name: string,
  datatype: TensorSpec["datatype"],
  shape: TensorSpec["shape"],
  labels?: readonly string[],
): TensorSpec => ({ name, datatype, shape, ...(labels && { labels }) });

const MODELS: Readonly<Record<string, Signature>> = {
  scale: { inputs: [spec("x", "UINT8", ["N", 28, 28])], outputs: [spec("y", "FP32", ["N", 784])] },
  classify: {
    inputs: [spec("x", "FP32", ["batch", 784])],
    outputs: [spec("label", "INT64", ["batch"]), spec("p", "FP32", ["batch", 2], ["no", "yes"])],
  },
  narrow: { inputs: [spec("x", "FP32", ["batch", 10])], outputs: [spec("y", "FP32", ["batch"])] },
  wide: { inputs: [spec("x", "FP32", ["M", "W"])], outputs: [spec("y", "FP32", ["M", "W"])] },
  flat: { inputs: [spec("x", "FP32", ["M"])], outputs: [spec("y", "FP32", ["M"])] },
  pair: {
    inputs: [spec("a", "FP32", ["N", 784]), spec("b", "FP32", ["N", 1])],
    outputs: [spec("y", "FP32", ["N"])],
  },
};

function typed(text: string): TypedEnsemble {
  const read = readManifest(text);
  assert.ok("manifest" in read, JSON.stringify(read));
  const settings = read.manifest.ensemble!;
  const { graph, problems } = readEnsemble(settings);
  assert.deepEqual(problems, []);
  return typeEnsemble(
    graph!,
    settings,
    settings.steps.map(({ model }) => MODELS[model]),
  );
}

const SCALE = "{ model: scale, inputs: { x: image }, outputs: { y: pixels } }";

test("types, shapes and labels come from the models, narrowed by what is declared", () => {
  const { signature } = typed(`
ensemble:
  inputs: { image: { shape: [rows, 28, 28] } }
  outputs: { p: { datatype: FP32, shape: [-1, 2] }, kind: {} }
  steps: [${SCALE}, { model: classify, inputs: { x: pixels }, outputs: { label: kind, p: p } }]
`);
  assert.deepEqual(signature, {
    inputs: [spec("image", "UINT8", ["rows", 28, 28])],
    outputs: [spec("p", "FP32", ["batch", 2], ["no", "yes"]), spec("kind", "INT64", ["batch"])],
  });
});

test("a tensor with several readers is as narrow as all of them want it", () => {
  const { signature } = typed(`
ensemble:
  steps:
    - { model: wide, inputs: { x: t }, outputs: { y: u } }
    - { model: narrow, inputs: { x: t }, outputs: { y: v } }
`);
  assert.deepEqual(signature?.inputs, [spec("t", "FP32", ["M", 10])]);
});

const WRONG: readonly (readonly [what: string, text: string, problem: RegExp])[] = [
  [
    "an unknown input",
    "ensemble: { steps: [{ model: scale, inputs: { X: image }, outputs: { y: pixels } }] }",
    /^ensemble\.steps\[0\]\.inputs\.X: the model "scale" has no input "X"; (did you mean "x"|there is "x")/,
  ],
  [
    "an unknown output",
    "ensemble: { steps: [{ model: classify, inputs: { x: t }, outputs: { lable: l } }] }",
    /^ensemble\.steps\[0\]\.outputs\.lable: the model "classify" has no output "lable"; did you mean "label"\?/,
  ],
  [
    "an input without a tensor",
    "ensemble: { steps: [{ model: pair, inputs: { a: t }, outputs: { y: u } }] }",
    /^ensemble\.steps\[0\]\.inputs: gives no tensor to the input "b", FP32\[-1,1\], of "pair"$/,
  ],
  [
    "another data type",
    `ensemble: { steps: [{ model: classify, inputs: { x: t }, outputs: { label: l } }, { model: flat, inputs: { x: l }, outputs: { y: u } }] }`,
    /^ensemble\.steps\[1\]\.inputs\.x: "l": step 1 \("classify"\) makes INT64\[-1\], but step 2 \("flat"\) takes FP32\[-1\]$/,
  ],
  [
    "another length",
    `ensemble: { steps: [${SCALE}, { model: narrow, inputs: { x: pixels }, outputs: { y: u } }] }`,
    /"pixels": step 1 \("scale"\) makes FP32\[-1,784\], but step 2 \("narrow"\) takes FP32\[-1,10\]$/,
  ],
  [
    "another rank",
    `ensemble: { steps: [${SCALE}, { model: flat, inputs: { x: pixels }, outputs: { y: u } }] }`,
    /step 2 \("flat"\) takes FP32\[-1\]$/,
  ],
  [
    "two readers that differ",
    "ensemble: { steps: [{ model: narrow, inputs: { x: t }, outputs: { y: u } }, { model: classify, inputs: { x: t }, outputs: { label: l } }] }",
    /^ensemble\.steps\[1\]\.inputs\.x: "t": step 1 \("narrow"\) takes FP32\[-1,10\], but step 2/,
  ],
  [
    "an input declared otherwise",
    `ensemble: { inputs: { image: { datatype: FP32 } }, steps: [${SCALE}] }`,
    /^ensemble\.steps\[0\]\.inputs\.x: "image": ensemble\.inputs says FP32, but step 1 \("scale"\) takes UINT8/,
  ],
  [
    "an output declared otherwise",
    `ensemble: { outputs: { pixels: { shape: [-1, 783] } }, steps: [${SCALE}] }`,
    /ensemble\.outputs says \[-1,783\], but step 1 \("scale"\) makes FP32\[-1,784\]$/,
  ],
];

test("what does not fit between models is told with its place and both sides", () => {
  for (const [what, text, problem] of WRONG) {
    const { problems, signature } = typed(text);
    assert.equal(problems.length, 1, `${what}: ${problems.map(formatProblem).join("; ")}`);
    assert.match(formatProblem(problems[0]!), problem, what);
    assert.equal(signature, undefined, what);
  }
});

test("around a model that is not known, the rest is checked", () => {
  const read = (second: string): TypedEnsemble =>
    typed(
      `ensemble: { steps: [${SCALE}, { model: elsewhere, inputs: { q: pixels }, outputs: { r: s } }, ${second}] }`,
    );
  const fine = read("{ model: classify, inputs: { x: pixels }, outputs: { p: p } }");
  assert.deepEqual([fine.problems, fine.signature], [[], undefined]);
  assert.equal(
    read("{ model: flat, inputs: { x: pixels }, outputs: { y: z } }").problems.length,
    1,
  );
});
