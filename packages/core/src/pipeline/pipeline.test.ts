import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toManifest } from "../manifest/index.ts";
import type { Manifest } from "../manifest/schema.ts";
import type { Signature } from "../signature.ts";
import { NO_PLATFORM, toFrame, toPlain } from "./exampleFrame.test.ts";
import { newNotes } from "./notes.ts";
import { PipelineProblem, preparePipeline, type Pipeline } from "./pipeline.ts";

const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
  outputs: [{ name: "logits", datatype: "FP32", shape: ["N", 2], labels: ["no", "yes"] }],
};
const BUNDLE = {
  inputs: { age: { type: "number" }, height: { type: "number" } },
  outputs: { logits: { type: "tensor" } },
  pipeline: {
    before: [
      { step: "standardize", columns: ["age", "height"], mean: [40, 170], scale: [10, 5] },
      { step: "combine", columns: ["age", "height"], into: "x" },
    ],
    after: [{ step: "softmax", column: "logits" }],
  },
};

function parse(bundle: object): Manifest {
  const read = toManifest(bundle);
  if ("problem" in read) throw new Error(read.problem);
  return read.manifest;
}

function prepare(bundle: object): Promise<Pipeline> {
  return preparePipeline(parse(bundle), SIGNATURE, NO_PLATFORM);
}

test("rows go through the steps before the model, answers through those after it", async () => {
  const pipeline = await prepare(BUNDLE);
  const notes = newNotes();
  const inputs = await pipeline.before(toFrame({ age: [50, 30], height: [170, 175] }), notes);
  assert.deepEqual([...inputs.get("x")!.shape], [2, 2]);
  assert.deepEqual([...(inputs.get("x")!.data as Float32Array)], [1, 0, -1, 1]);
  const data = new Float32Array([0, 0, 0, Math.log(3)]);
  const outputs = new Map([["logits", { datatype: "FP32", shape: [2, 2], data } as const]]);
  const answer = await pipeline.after(inputs, outputs, 2, notes);
  assert.deepEqual(toPlain(answer), {
    logits: { datatype: "FP32", shape: [2, 2], elements: [0.5, 0.5, 0.25, 0.75] },
  });
  assert.deepEqual([...pipeline.answer.keys()], ["logits"]);
});

describe("what is wrong is said where it is", () => {
  const { before, after } = BUNDLE.pipeline;
  const cases: [name: string, bundle: object, path: string, message: RegExp][] = [
    [
      "a column that is not there",
      { ...BUNDLE, inputs: { agee: { type: "number" }, height: { type: "number" } } },
      "pipeline.before.0.columns.0",
      /^standardize: there is no column "age"; did you mean "agee"\?$/,
    ],
    [
      "a column of another kind",
      { ...BUNDLE, inputs: { ...BUNDLE.inputs, age: { type: "text" } } },
      "pipeline.before.0.columns.0",
      /column "age" is of kind text, expected number/,
    ],
    [
      "nothing for the model",
      { ...BUNDLE, pipeline: { before: before.slice(0, 1), after } },
      "pipeline.before",
      /nothing makes the model's input "x" FP32\[-1,2\]; there are age, height/,
    ],
    [
      "a tensor of another shape",
      {
        ...BUNDLE,
        pipeline: { before: [{ step: "combine", columns: ["age"], into: "x" }], after },
      },
      "pipeline.before",
      /input "x" is FP32\[-1,2\], but the column is FP32\[-1,1\]/,
    ],
    [
      "an output that nothing makes",
      { ...BUNDLE, outputs: { logit: { type: "tensor" } } },
      "outputs.logit",
      /makes no such column; did you mean "logits"\?/,
    ],
  ];
  for (const [name, bundle, path, message] of cases) {
    test(name, async () => {
      await assert.rejects(prepare(bundle), (error) => {
        assert.ok(error instanceof PipelineProblem);
        assert.equal(error.path.join("."), path);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

test("integers take only what they have", async () => {
  const signature: Signature = {
    inputs: [{ name: "age", datatype: "INT64", shape: ["N", 1] }],
    outputs: SIGNATURE.outputs,
  };
  const manifest = parse({ inputs: { age: { type: "number" } } });
  const pipeline = await preparePipeline(manifest, signature, NO_PLATFORM);
  const fed = await pipeline.before(toFrame({ age: [3, -4] }), newNotes());
  assert.deepEqual(fed.get("age"), {
    datatype: "INT64",
    shape: [2, 1],
    data: BigInt64Array.of(3n, -4n),
  });
  for (const [bad, got] of [
    [0.5, "0.5"],
    [null, "a missing value"],
    [1e300, "1e\\+300"],
  ] as const) {
    assert.throws(
      () => pipeline.before(toFrame({ age: [bad] }), newNotes()),
      new RegExp(`element 0 is ${got}; expected INT64`),
    );
  }
});
