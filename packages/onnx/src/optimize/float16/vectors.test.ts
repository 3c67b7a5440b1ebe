import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fromOnnxType, isStrings, toTypedArray, type Tensor, type Tensors } from "@longshore/core";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { node, tensorType } from "../../build.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { domainOf } from "../../edit.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import { readModel, readTensorProto } from "../../model.ts";
import type { Model, ValueInfo } from "../../proto/types.ts";
import { toFloat16 } from "./toFloat16.ts";

/** Models of the ONNX project's backend tests with inputs; see `skip`. */
const FOLDER = join(import.meta.dirname, "../../../../../../shared/vectors/onnx-node");
const skip = existsSync(FOLDER)
  ? false
  : "the vectors of the ONNX backend tests are not on this machine";

test("every backend model computes in FP16 what it computes in FP32", { skip }, async (t) => {
  let [models, converted] = [0, 0];
  for (const name of readdirSync(FOLDER)) {
    const original = readVector(name);
    const inputs = original && readInputs(name, original);
    const expected = inputs && (await run(original, inputs).catch(() => undefined));
    if (original === undefined || inputs === undefined || expected === undefined) continue;
    const { model, changes } = toFloat16(original);
    assert.deepEqual(checkGraph(model), checkGraph(original), name);
    const got = await run(model, inputs);
    for (const [output, tensor] of expected)
      assert.ok(distance(got.get(output)!, tensor) <= MOST_STEPS, `${name}: "${output}"`);
    models += 1;
    // All but the product that was put beside it.
    converted += Number(/^(\d+) of/.exec(changes[0]!)![1]) - 1;
  }
  t.diagnostic(`${converted} nodes of ${models} models`);
  assert.ok(models > 700 && converted > 2000, `${converted} nodes of ${models} models`);
});

/** Steps of FP16 at the size of the largest element: a few roundings one behind the other. */
const MOST_STEPS = 4;

/** A model that can be exchanged with, and a product beside it: without any, nothing is converted. */
function readVector(name: string): Model | undefined {
  const model = readModel(readFileSync(join(FOLDER, name, "model.onnx")), name);
  const { graph, opsetImports } = model;
  const standard = opsetImports.find((opset) => domainOf(opset) === "")?.version ?? 0;
  if (standard < 7 || ![...graph.inputs, ...graph.outputs].every(isExchanged)) return undefined;
  const type = tensorType("FP32", [1, 1]);
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes, node("MatMul", ["beside", "beside"], ["beside_y"])],
      inputs: [...graph.inputs, { name: "beside", type }],
      outputs: [...graph.outputs, { name: "beside_y", type }],
    },
  };
}

function isExchanged({ type }: ValueInfo): boolean {
  const datatype = fromOnnxType(type?.tensorType?.elemType ?? 0);
  return datatype !== undefined && datatype !== "BF16" && datatype !== "BYTES";
}

function readInputs(name: string, { graph }: Model): Tensors | undefined {
  const tensors = new Map<string, Tensor>();
  for (const [index, input] of graph.inputs.entries()) {
    const path = join(FOLDER, name, "test_data_set_0", `input_${index}.pb`);
    if (input.name === "beside") {
      tensors.set("beside", { datatype: "FP32", shape: [1, 1], data: new Float32Array([2]) });
    } else if (existsSync(path)) {
      const given = readTensorProto(readFileSync(path));
      const datatype = fromOnnxType(given.dataType);
      if (datatype === undefined) return undefined;
      tensors.set(input.name, { datatype, shape: given.dims, data: elementsOf(given) });
    }
  }
  return tensors;
}

/** As it is: what a runtime makes of a graph must not hide what the pass made of it. */
async function run(model: Model, inputs: Tensors): Promise<Tensors> {
  const runnable = await openRunnable(model, { optimization: "disabled" });
  try {
    return await runnable.run(inputs);
  } finally {
    await runnable.close();
  }
}

/** The largest difference in steps of FP16 at the size of the largest number. */
function distance(got: Tensor, expected: Tensor): number {
  const alike = got.datatype === expected.datatype && String(got.shape) === String(expected.shape);
  if (!alike) return Number.POSITIVE_INFINITY;
  const [a, b] = [got, expected].map(numbers) as [number[], number[]];
  const largest = b.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    2 ** -14,
  );
  return a.reduce((most, value, index) => {
    if (Object.is(value, b[index])) return most;
    const steps = Math.abs(value - b[index]!) / (largest * 2 ** -11);
    return Number.isNaN(steps) ? Number.POSITIVE_INFINITY : Math.max(most, steps);
  }, 0);
}

function numbers({ datatype, data }: Tensor): number[] {
  assert.ok(!isStrings(data));
  return Array.from<number | bigint, number>(toTypedArray(datatype, data), Number);
}
