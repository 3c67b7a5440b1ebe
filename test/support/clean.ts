import assert from "node:assert/strict";
import {
  checkGraph,
  cleanModel,
  model,
  tensor,
  type GraphParts,
  type Model,
  type ModelParts,
  type Node,
  type PassResult,
  type TensorProto,
} from "@longshore/onnx";
import { assertClose } from "./close.ts";
import { openRunnable, runModel } from "./ort.ts";

export type Shape = readonly (number | string)[];
/** A tensor of FP32 that a model takes. */
export const input = (name: string, shape: Shape) => ({ name, datatype: "FP32", shape }) as const;
/** A constant whose elements differ. */
export const floats = (name: string, dims: readonly number[], seed = 1): TensorProto => {
  const count = dims.reduce((product, length) => product * length, 1);
  return tensor(
    name,
    "FP32",
    dims,
    Float32Array.from({ length: count }, (_, at) => Math.sin(seed + at * 1.3)),
  );
};
/** A constant whose elements are above zero. */
export const positive = (name: string, length: number): TensorProto =>
  tensor(
    name,
    "FP32",
    [length],
    Float32Array.from({ length }, (_, at) => 0.5 + at / 7),
  );
/** A constant vector of whole numbers. */
export const int64 = (name: string, ...data: number[]): TensorProto =>
  tensor(name, "INT64", [data.length], BigInt64Array.from(data, BigInt));

/** A model of x → y, unless told otherwise. */
export function modelOf(
  shape: Shape,
  parts: Partial<GraphParts & ModelParts> & { readonly nodes: readonly Node[] },
): Model {
  return model({ inputs: [input("x", shape)], outputs: [{ name: "y" }], ...parts });
}

/** The operators of a model in order. */
export const operators = ({ graph: { nodes } }: Model): string[] =>
  nodes.map(({ opType }) => opType);

/** Cleans a model, and asserts that it stays valid and gives what it gave, for an x of this shape. */
export async function cleaned(before: Model, shape: readonly number[]): Promise<PassResult> {
  const copy = structuredClone(before);
  const result = await cleanModel(before, openRunnable);
  assert.deepEqual(before, copy, "the given model stays as it is");
  assert.deepEqual(checkGraph(result.model), []);
  const { rawData } = floats("x", shape, 5);
  const x = { datatype: "FP32", shape, data: rawData! } as const;
  assertClose(await runModel(result.model, { x }), await runModel(before, { x }), 1e-5);
  const again = await cleanModel(result.model, openRunnable);
  assert.deepEqual(again.changes, [], "nothing is left to do");
  assert.equal(again.model, result.model);
  return result;
}
