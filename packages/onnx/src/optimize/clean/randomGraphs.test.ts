import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertClose } from "../../../../../test/support/close.ts";
import { randomTensor, seededRandom } from "../../../../../test/support/network.ts";
import { openRunnable, runModel } from "../../../../../test/support/ort.ts";
import { layoutSteps } from "../../../../../test/support/randomGraph/layoutSteps.ts";
import { randomGraph, type Step } from "../../../../../test/support/randomGraph/randomGraph.ts";
import {
  convolutionSteps,
  elementwiseSteps,
  otherSteps,
} from "../../../../../test/support/randomGraph/steps.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { inferShapes } from "../../infer/inferShapes.ts";
import type { Model } from "../../proto/types.ts";
import { cleanModel } from "./cleanModel.ts";

/** Layers with something to fold into them, and nodes that do nothing. */
const cleanable: readonly Step[] = [
  (g, x, [, channels = 1, ...spatial]) => {
    if (spatial.length === 0) return;
    const group = g.pick([1, channels]);
    const transposed = g.random() < 0.3 && spatial.length < 3;
    const filters = group * g.int(1, 2);
    const kernel = spatial.map((length) => g.int(1, Math.min(2, length)));
    const dims = transposed ? [channels, filters / group] : [filters, channels / group];
    const weights = g.floats([...dims, ...kernel]);
    const bias = g.random() < 0.5 ? [g.floats([filters])] : [];
    const [made = ""] = g.op(transposed ? "ConvTranspose" : "Conv", [x, weights, ...bias], {
      group,
      kernel_shape: kernel,
    });
    const [normed = ""] = g.op("BatchNormalization", [made, ...statistics(g, filters)]);
    const perChannel = [g.pick([1, filters]), ...spatial.map(() => 1)];
    const [scaled = ""] = g.op(g.pick(["Mul", "Add", "Sub"]), [normed, g.floats(perChannel)]);
    g.op("Relu", [scaled]);
  },
  (g, x, shape) => {
    const [, width = 0] = shape;
    if (shape.length !== 2) return;
    const [normed = ""] = g.op("BatchNormalization", [x, ...statistics(g, width)]);
    const [product = ""] = g.op("MatMul", [normed, g.floats([width, 3])]);
    const [sum = ""] = g.op("Add", [product, g.floats([3])]);
    g.op("BatchNormalization", [sum, ...statistics(g, 3)]);
  },
  (g, x, shape) => {
    const [, width = 0] = shape;
    if (shape.length !== 2) return;
    const [made = ""] = g.op("Gemm", [x, g.floats([width, 4]), g.floats([1, 4])]);
    const [normed = ""] = g.op("BatchNormalization", [made, ...statistics(g, 4)]);
    g.op("Mul", [normed, g.floats([4])]);
  },
  (g, x) => void g.op("Identity", [x]),
  (g, x, shape) => void g.op("Reshape", [x, g.integers(shape)]),
  (g, x, shape) => {
    const [moved = ""] = g.op("Transpose", [x]);
    const [back = ""] = g.op("Transpose", [moved], { perm: [...shape.keys()].toReversed() });
    g.op("Add", [back, g.floats([1])]);
  },
  (g, x) => {
    const [constant = ""] = g.op("Mul", [g.floats([1]), g.floats([1])]);
    g.op("Add", [x, constant]);
  },
];

function statistics(g: Parameters<Step>[0], channels: number): string[] {
  const [variance = ""] = g.op("Abs", [g.floats([channels])]);
  const [apart = ""] = g.op("Add", [variance, variance]);
  return [g.floats([channels]), g.floats([channels]), g.floats([channels]), apart];
}

/** The model with some of its values as outputs: those that can be exchanged. */
function withSomeOutputs(model: Model, random: () => number): Model {
  const outputs = inferShapes(model).graph.outputs.flatMap(({ name, type }) => {
    const elemType = type?.tensorType?.elemType ?? 0;
    return EXCHANGED.has(elemType) ? [{ name, type: { tensorType: { elemType } } }] : [];
  });
  const some = outputs.filter((_, index) => index > outputs.length - 3 || random() < 0.15);
  return { ...model, graph: { ...model.graph, outputs: some } };
}

/** FP32, UINT8, INT32, INT64, BOOL, FP64. */
const EXCHANGED: ReadonlySet<number> = new Set([1, 2, 6, 7, 9, 11]);

/** Cleans random graphs, and compares what ONNX Runtime makes of both without changing them. */
async function compare(steps: readonly Step[], runs: number, tolerance: number): Promise<void> {
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.constantFrom(8, 9, 11, 13, 15, 17, 21),
      fc.integer({ min: 1, max: 15 }),
      async (seed, opset, count) => {
        const built = randomGraph(seed, opset, steps, count);
        const random = seededRandom(seed + 1);
        const before = withSomeOutputs(built.model, random);
        const { model: after, changes } = await cleanModel(before, openRunnable);
        assert.deepEqual(checkGraph(after), []);
        if (changes.length > 0) changed += 1;
        const feeds = Object.fromEntries(
          built.inputs.map(({ name, shape }) => [name, randomTensor(random, shape)]),
        );
        const options = { optimization: "disabled" } as const;
        const expected = await runModel(before, feeds, options);
        assertClose(await runModel(after, feeds, options), expected, tolerance);
      },
    ),
    // The same graphs each time: rounding may tip an operator with steps over, once in many.
    { numRuns: runs, seed: 1 },
  );
  assert.ok(changed > runs / 3, `only ${changed} of ${runs} graphs were changed`);
}

test("random layers with normalisation give the same when they are cleaned", async () => {
  await compare(cleanable, 150, 1e-5);
});

test("random graphs of any operators give the same when they are cleaned", async () => {
  const any = [...elementwiseSteps, ...convolutionSteps, ...layoutSteps, ...otherSteps];
  await compare([...any, ...cleanable], 120, 1e-4);
});
