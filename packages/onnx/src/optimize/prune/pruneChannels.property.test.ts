import assert from "node:assert/strict";
import { test } from "node:test";
import { elementCount } from "@longshore/core";
import fc from "fast-check";
import { assertClose } from "../../../../../test/support/close.ts";
import { randomTensor, seededRandom } from "../../../../../test/support/network.ts";
import { runModel } from "../../../../../test/support/ort.ts";
import {
  PICTURE_ENDS,
  PICTURE_STEPS,
  pictureNetwork,
} from "../../../../../test/support/pictures.ts";
import { tensor } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { intAttribute } from "../../graph/attributes.ts";
import { floatsOf } from "../../graph/tensorData.ts";
import type { Model, Node, TensorProto } from "../../proto/types.ts";
import { pruneChannels } from "./pruneChannels.ts";

/**
 * The slow reference: the original with zeros for the weights with which its layers read channels
 * that are gone. Weights are random, so what is left of them tells which channels are.
 */
function maskModel(original: Model, pruned: Model): Model {
  const added: TensorProto[] = [];
  const nodes = original.graph.nodes.map((layer): Node => {
    const weights = weightsOf(original, layer);
    const axis = readingAxis(layer);
    if (weights === undefined || axis === undefined) return layer;
    const same = pruned.graph.nodes.find(({ outputs }) => outputs[0] === layer.outputs[0])!;
    const name = `masked${added.length}`;
    const mask = maskAxis(weights, axis, weightsOf(pruned, same)!);
    added.push(tensor(name, "FP32", weights.dims, mask));
    return { ...layer, inputs: layer.inputs.with(1, name) };
  });
  const initializers = [...original.graph.initializers, ...added];
  return { ...original, graph: { ...original.graph, nodes, initializers } };
}

function weightsOf({ graph: { initializers } }: Model, layer: Node): TensorProto | undefined {
  return initializers.find(({ name }) => name === layer.inputs[1]);
}

/** The axis of a layer's weights that lists its inputs. */
function readingAxis(layer: Node): number | undefined {
  if (intAttribute(layer, "group", 1) > 1) return undefined;
  if (layer.opType === "Gemm") return intAttribute(layer, "transB", 0);
  return { Conv: 1, ConvTranspose: 0, MatMul: 0 }[layer.opType];
}

/** Zeros at the positions of an axis that are gone: those of which least is left. */
function maskAxis(weights: TensorProto, axis: number, left: TensorProto): Float32Array {
  const inner = weights.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const positionOf = (at: number): number => Math.floor(at / inner) % weights.dims[axis]!;
  const values = new Set(floatsOf(left));
  const found = Array.from({ length: weights.dims[axis]! }, () => 0);
  const data = floatsOf(weights);
  for (const [at, value] of data.entries()) if (values.has(value)) found[positionOf(at)]! += 1;
  const ranked = [...found.keys()].toSorted((a, b) => found[b]! - found[a]!);
  const read = new Set(ranked.slice(0, left.dims[axis]));
  return data.map((value, at) => (read.has(positionOf(at)) ? value : 0));
}

const parameters = ({ graph: { initializers } }: Model): number =>
  initializers.reduce((sum, { dims }) => sum + elementCount(dims), 0);

test("a pruned network computes what the original does without these channels", async () => {
  const seen = new Set<string>();
  const plan = fc.record({
    seed: fc.nat(),
    opset: fc.integer({ min: 7, max: 21 }),
    steps: fc.array(fc.constantFrom(...Object.keys(PICTURE_STEPS)), { maxLength: 7 }),
    end: fc.constantFrom(...Object.keys(PICTURE_ENDS)),
    batch: fc.constantFrom("N", "?", 2),
    old: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(plan, fc.constantFrom(0.2, 0.5, 0.8), async (drawn, fraction) => {
      const original = pictureNetwork(drawn);
      const { model: pruned, changes } = await pruneChannels(original, { fraction });
      if (changes.length === 0) assert.equal(pruned, original);
      else {
        for (const name of [...drawn.steps, drawn.end]) seen.add(name);
        assert.ok(parameters(pruned) < parameters(original), "it became no smaller");
      }
      assert.deepEqual(checkGraph(pruned), []);
      const x = randomTensor(seededRandom(drawn.seed), [2, 3, 5, 5]);
      const expected = await runModel(maskModel(original, pruned), { x });
      const actual = await runModel(pruned, { x });
      assertClose(actual, expected, 1e-4);
    }),
    { numRuns: 300 },
  );
  assert.deepEqual(
    [...seen].toSorted(),
    [...Object.keys(PICTURE_STEPS), ...Object.keys(PICTURE_ENDS)].toSorted(),
  );
});
