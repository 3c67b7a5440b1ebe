import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tensor } from "@longshore/core";
import { DATATYPES } from "@longshore/core";
import fc from "fast-check";
import { runModel } from "../../../../test/support/ort.ts";
import { randomTensor, seededRandom } from "../../../../test/support/network.ts";
import { layoutSteps } from "../../../../test/support/randomGraph/layoutSteps.ts";
import {
  randomGraph,
  type Built,
  type Step,
} from "../../../../test/support/randomGraph/randomGraph.ts";
import {
  convolutionSteps,
  elementwiseSteps,
  otherSteps,
} from "../../../../test/support/randomGraph/steps.ts";
import type { Model, ValueInfo } from "../proto/types.ts";
import { inferShapes } from "./inferShapes.ts";

const OPSETS = [7, 8, 9, 10, 11, 12, 13, 15, 17, 18, 19, 21];

/** Infers random graphs and runs them; every type that is inferred must be that of the run. */
async function compare(steps: readonly Step[], runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.constantFrom(...OPSETS),
      fc.integer({ min: 1, max: 12 }),
      async (seed, opset, count) => {
        const built = randomGraph(seed, opset, steps, count);
        const actual = await run(built, seed);
        checkTypes(inferShapes(built.model), actual, new Map(), true);
        const { model, lengths } = withSymbols(built);
        checkTypes(inferShapes(model), actual, lengths, false);
      },
    ),
    { numRuns: runs },
  );
}

async function run({ model, inputs }: Built, seed: number): Promise<ReadonlyMap<string, Tensor>> {
  const random = seededRandom(seed + 1);
  const typed = inferShapes(model).graph.outputs.map(({ name, type }): ValueInfo => {
    const elemType = type?.tensorType?.elemType;
    return elemType === undefined ? { name } : { name, type: { tensorType: { elemType } } };
  });
  const feeds = inputs.map(({ name, shape }) => [name, randomTensor(random, shape)] as const);
  const runnable = { ...model, graph: { ...model.graph, outputs: typed } };
  return runModel(runnable, Object.fromEntries(feeds), { optimization: "disabled" });
}

/** The model with a symbol for every axis of its inputs, and what each stands for. */
function withSymbols({ model, inputs }: Built): { model: Model; lengths: Map<string, number> } {
  const lengths = new Map<string, number>();
  const symbolic = model.graph.inputs.map((input, index): ValueInfo => {
    const dims = inputs[index]!.shape.map((length, axis) => {
      lengths.set(`${input.name}_${axis}`, length);
      return { dimParam: `${input.name}_${axis}` };
    });
    return { ...input, type: { tensorType: { elemType: 1, shape: { dims } } } };
  });
  return { model: { ...model, graph: { ...model.graph, inputs: symbolic } }, lengths };
}

/** @param complete whether every length must be known. */
function checkTypes(
  inferred: Model,
  actual: ReadonlyMap<string, Tensor>,
  lengths: ReadonlyMap<string, number>,
  complete: boolean,
): void {
  for (const { name, type } of inferred.graph.outputs) {
    const made = inferred.graph.nodes.find(({ outputs }) => outputs.includes(name))!;
    const { datatype, shape } = actual.get(name)!;
    const where = `${made.opType} "${name}" of ${datatype}[${shape.join(",")}]`;
    assert.equal(type?.tensorType?.elemType, DATATYPES[datatype].onnx, where);
    const dims = type?.tensorType?.shape?.dims;
    if (dims === undefined) {
      assert.ok(!complete || isOpen(made.opType), `${where}: no rank`);
      continue;
    }
    const found = dims.map(({ dimValue, dimParam = "" }) => dimValue ?? lengths.get(dimParam));
    assert.equal(dims.length, shape.length, where);
    for (const [axis, length] of found.entries()) {
      if (length !== undefined) assert.equal(length, shape[axis], `${where}, axis ${axis}`);
      else assert.ok(!complete || isOpen(made.opType), `${where}: axis ${axis} is not known`);
    }
  }
}

/** How often a loop runs is not followed. */
function isOpen(opType: string): boolean {
  return opType === "Loop";
}

test("elementwise operators give what ONNX Runtime gives", () => compare(elementwiseSteps, 60));
test("convolutions, pools and products give what ONNX Runtime gives", () =>
  compare(convolutionSteps, 60));
test("layout, selection, reductions and branches give what ONNX Runtime gives", () =>
  compare(layoutSteps, 80));
test("operators of other domains give what ONNX Runtime gives", () => compare(otherSteps, 30));
test("so do all of them together", () =>
  compare([...elementwiseSteps, ...convolutionSteps, ...layoutSteps, ...otherSteps], 60));
