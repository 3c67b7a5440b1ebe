import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readModel, readTensorProto } from "../model.ts";
import type { Model, TensorProto, TypeProto, ValueInfo } from "../proto/types.ts";
import { inferShapes } from "./inferShapes.ts";

/** Models of the ONNX project's backend tests with inputs and expected outputs; see `skip`. */
const FOLDER = join(import.meta.dirname, "../../../../../shared/vectors/onnx-node");
const skip = existsSync(FOLDER)
  ? false
  : "the vectors of the ONNX backend tests are not on this machine";

test("what is inferred never contradicts what a backend model gives", { skip }, (t) => {
  const { complete, tensors } = inferAll((model) => model);
  t.diagnostic(`all lengths known of ${complete.length} of ${tensors} tensors`);
  assert.ok(complete.length >= 0.8 * tensors);
});

test("nor where every axis of the inputs is a symbol", { skip }, (t) => {
  const { complete, tensors } = inferAll((model) => {
    const inputs = model.graph.inputs.map((input): ValueInfo => {
      const { elemType, shape } = input.type?.tensorType ?? {};
      if (elemType === undefined || shape === undefined) return input;
      const dims = shape.dims.map((_, axis) => ({ dimParam: `${input.name}.${axis}` }));
      return { name: input.name, type: { tensorType: { elemType, shape: { dims } } } };
    });
    return { ...model, graph: { ...model.graph, inputs } };
  });
  t.diagnostic(`all lengths known of ${complete.length} of ${tensors} tensors`);
  assert.ok(complete.length >= 0.5 * tensors);
});

test("nor where the model's inputs are constants, whose elements are followed", { skip }, (t) => {
  const { complete, tensors } = inferAll((model, name) => {
    const constants = model.graph.inputs.flatMap(({ name: input, type }, index) => {
      const tensor = type?.tensorType && readData(name, "input", index);
      return tensor ? [{ ...tensor, name: input }] : [];
    });
    const taken = new Set(constants.map((tensor) => tensor.name));
    const inputs = model.graph.inputs.filter((input) => !taken.has(input.name));
    const initializers = [...model.graph.initializers, ...constants];
    return { ...model, graph: { ...model.graph, inputs, initializers } };
  });
  t.diagnostic(`all lengths known of ${complete.length} of ${tensors} tensors`);
  // Of the rest, half hangs on data (NonZero, Unique), half is of operators that train or are new.
  assert.ok(complete.length >= 0.92 * tensors);
});

/** Infers every model after a change, from no knowledge of what it gives. */
function inferAll(change: (model: Model, name: string) => Model) {
  let tensors = 0;
  const complete: string[] = [];
  for (const name of readdirSync(FOLDER)) {
    const model = change(readModel(readFileSync(join(FOLDER, name, "model.onnx")), name), name);
    const outputs = model.graph.outputs.map((output): ValueInfo => ({ name: output.name }));
    const inferred = inferShapes({ ...model, graph: { ...model.graph, outputs } });
    for (const [index, declared] of model.graph.outputs.entries()) {
      const expected = declared.type?.tensorType && readData(name, "output", index);
      if (expected === undefined) continue;
      const { type } = inferred.graph.outputs[index]!;
      const problem = contradiction(type, expected, (symbol) => symbolLength(model, name, symbol));
      assert.equal(problem, undefined, `${name}, output "${declared.name}": ${problem}`);
      tensors += 1;
      if (isComplete(type)) complete.push(name);
    }
  }
  return { tensors, complete };
}

/** The length of an axis of an input's data, by the symbol `input.axis`. */
function symbolLength(model: Model, name: string, symbol: string): number | undefined {
  const at = symbol.lastIndexOf(".");
  const index = model.graph.inputs.findIndex((input) => input.name === symbol.slice(0, at));
  return index < 0 ? undefined : readData(name, "input", index)?.dims[Number(symbol.slice(at + 1))];
}

function readData(name: string, part: "input" | "output", index: number): TensorProto | undefined {
  const path = join(FOLDER, name, "test_data_set_0", `${part}_${index}.pb`);
  return existsSync(path) ? readTensorProto(readFileSync(path)) : undefined;
}

function isComplete(type: TypeProto | undefined): boolean {
  const dims = type?.tensorType?.shape?.dims;
  return dims?.every(({ dimValue, dimParam }) => dimValue !== undefined || dimParam) === true;
}

function contradiction(
  type: TypeProto | undefined,
  tensor: TensorProto,
  lengthOf: (symbol: string) => number | undefined,
): string | undefined {
  if (type === undefined) return undefined;
  const { elemType, shape } = type.tensorType ?? { elemType: 0 };
  if (elemType !== tensor.dataType) return `element type ${elemType}, not ${tensor.dataType}`;
  if (shape === undefined) return undefined;
  const lengths = shape.dims.map(({ dimValue, dimParam = "" }) => dimValue ?? lengthOf(dimParam));
  const fits =
    lengths.length === tensor.dims.length &&
    lengths.every((length, axis) => (length ?? tensor.dims[axis]) === tensor.dims[axis]);
  return fits ? undefined : `${JSON.stringify(shape.dims)}, not [${tensor.dims.join(",")}]`;
}
