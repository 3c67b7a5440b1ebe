/** What tests of fused pipelines share: bundles in memory, and their answers with ONNX Runtime. */
import assert from "node:assert/strict";
import type { Signature } from "@longshore/core";
import { toManifest, type Manifest } from "@longshore/core/manifest";
import {
  newNotes,
  preparePipeline,
  type ExampleColumn,
  type Frame,
  type Pipeline,
} from "@longshore/core/pipeline";
import { NO_PLATFORM, toFrame } from "../../../core/src/pipeline/exampleFrame.test.ts";
import { openRunnable } from "../../../../test/support/ort.ts";
import { model, node, tensor } from "../build.ts";
import { checkGraph } from "../check/checkGraph.ts";
import { toServable } from "../servable.ts";
import type { Model } from "../proto/types.ts";
import { assertNear } from "./assertNear.test.ts";
import { fusePipeline, type FusedPipeline } from "./fusePipeline.ts";

export function parse(bundle: object): Manifest {
  const read = toManifest(bundle);
  if ("problem" in read) throw new Error(read.problem);
  return read.manifest;
}

/** What a bundle answers: its pipeline around its model. */
export async function answer(pipeline: Pipeline, of: Model, frame: Frame): Promise<Frame> {
  const runnable = await openRunnable(of);
  try {
    const notes = newNotes();
    const copy = { rows: frame.rows, columns: new Map(frame.columns) };
    const inputs = await pipeline.before(copy, notes);
    return await pipeline.after(inputs, await runnable.run(inputs), frame.rows, notes);
  } finally {
    await runnable.close();
  }
}

export interface Bundle {
  readonly manifest: Manifest;
  readonly model: Model;
  readonly signature: Signature;
  readonly pipeline: Pipeline;
}

export async function open(manifest: Manifest, of: Model): Promise<Bundle> {
  const { model: servable, signature } = toServable(of);
  const pipeline = await preparePipeline(manifest, signature, NO_PLATFORM);
  return { manifest, model: servable, signature, pipeline };
}

/** The built bundle, valid and loadable. */
export async function build(bundle: Bundle): Promise<{ built: Bundle; fused: FusedPipeline }> {
  const fused = fusePipeline(bundle.model, bundle.signature, bundle.pipeline);
  assert.deepEqual(checkGraph(fused.model), []);
  const { before, after } = fused;
  const { manifest } = bundle;
  const rest = parse({ ...manifest, pipeline: { before, after } });
  return { built: await open(rest, fused.model), fused };
}

export async function assertSame(
  bundle: Bundle,
  built: Bundle,
  given: Record<string, ExampleColumn>,
) {
  const frame = toFrame(given);
  assertNear(
    await answer(built.pipeline, built.model, frame),
    await answer(bundle.pipeline, bundle.model, frame),
  );
}

export const operators = ({ graph }: Model): string[] => graph.nodes.map(({ opType }) => opType);

/** What became of each step: `impute`, or `one-hot: why not`. */
export const told = ({ steps }: FusedPipeline): string[] =>
  steps.map(({ step, reason }) => (reason === undefined ? step : `${step}: ${reason}`));

/** Three numbers, and three one-hot places, to logits of two classes: `x W + b`. */
export function classifier(opset = 17): Model {
  const weights = [0.5, -0.25, 0.125, 1, -1, 0.5, 0.25, -0.5, 1, -2, 0.75, 0.5];
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 6] }],
    outputs: [{ name: "logits", datatype: "FP32", shape: ["N", 2] }],
    initializers: [
      tensor("w", "FP32", [6, 2], Float32Array.from(weights)),
      tensor("b", "FP32", [2], Float32Array.of(0.1, -0.1)),
    ],
    nodes: [node("Gemm", ["x", "w", "b"], ["logits"])],
    opset: { "": opset },
  });
}

export const BUNDLE = {
  inputs: {
    age: { type: "number", optional: true },
    height: { type: "number" },
    income: { type: "number", optional: true },
    city: { type: "category", optional: true },
  },
  outputs: { diagnosis: { type: "category" }, risk: { type: "number" } },
  pipeline: {
    before: [
      { step: "impute", columns: ["age", "income"], values: [40, 1000] },
      { step: "clip", columns: ["age", "height", "income"], min: 0 },
      { step: "log", columns: ["income"] },
      {
        step: "standardize",
        columns: ["age", "height", "income"],
        mean: [40, 170, 7],
        scale: [10, 5, 2],
      },
      {
        step: "one-hot",
        columns: ["city"],
        categories: [["Bergen", "Oslo", "Tromsø"]],
        unknown: "ignore",
      },
      { step: "combine", columns: ["age", "height", "income", "city_*"], into: "x" },
    ],
    after: [
      { step: "softmax", column: "logits" },
      { step: "labels", column: "logits", labels: ["benign", "malignant"] },
      { step: "pick", column: "logits", at: "malignant", into: "risk" },
      {
        step: "threshold",
        column: "risk",
        at: 0.4,
        labels: ["benign", "malignant"],
        into: "diagnosis",
      },
    ],
  },
};

export const GIVEN = {
  age: [30, null, 70],
  height: [160, 180, 175.5],
  income: [null, 20, 100_000],
  city: ["Oslo", null, "Paris"],
};
