import {
  fail,
  type Datatype,
  type Dimension,
  type Signature,
  type TensorSpec,
} from "@longshore/core";
import { elementType } from "./elementType.ts";
import type { Graph, Model, TensorShape, TypeProto, ValueInfo } from "./proto/types.ts";

/**
 * The only dimension of a shape whose very rank the graph leaves open. A runtime that infers shapes
 * may know more.
 */
export const UNKNOWN_RANK = "...";

/**
 * The inputs that a caller gives and the outputs that come back, in the graph's order.
 *
 * @param file what error messages call the model.
 * @throws MODEL_INVALID for an input or output that is not a tensor of an exchangeable type; see
 *   `toServable`, which turns several of those into tensors.
 */
export function readSignature(model: Model, file = "model"): Signature {
  const spec = (kind: "input" | "output", value: ValueInfo): TensorSpec => {
    const datatype = exchangeable(value.type);
    if (datatype === undefined) {
      const problem = `${kind} "${value.name}" is ${formatType(value.type)}, which no inference protocol can carry`;
      throw fail("MODEL_INVALID", { file, problem });
    }
    return { name: value.name, datatype, shape: readShape(value.type?.tensorType?.shape) };
  };
  return {
    inputs: callerInputs(model.graph).map((value) => spec("input", value)),
    outputs: model.graph.outputs.map((value) => spec("output", value)),
  };
}

/** The graph's inputs without the initializers that older files list among them. */
export function callerInputs(graph: Graph): ValueInfo[] {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  for (const { values } of graph.sparseInitializers ?? []) constants.add(values?.name);
  return graph.inputs.filter(({ name }) => !constants.has(name));
}

/** A length as it is, a symbol by its name, anything else `"?"`. */
export function readShape(shape: TensorShape | undefined): Dimension[] {
  if (shape === undefined) return [UNKNOWN_RANK];
  return shape.dims.map(({ dimValue, dimParam }) => {
    if (dimValue !== undefined) return dimValue >= 0 ? dimValue : "?";
    return dimParam || "?";
  });
}

/** The data type of a dense tensor type that protocols can carry. */
export function exchangeable(type: TypeProto | undefined): Datatype | undefined {
  return type?.tensorType && elementType(type.tensorType.elemType)?.datatype;
}

/** A type in words: `seq(map(INT64,tensor(FP32)))`. */
export function formatType(type: TypeProto | undefined): string {
  const element = (code: number): string => elementType(code)?.name ?? `unknown type ${code}`;
  if (type?.tensorType) return `tensor(${element(type.tensorType.elemType)})`;
  if (type?.sparseTensorType) return `sparse_tensor(${element(type.sparseTensorType.elemType)})`;
  if (type?.sequenceType) return `seq(${formatType(type.sequenceType.elemType)})`;
  if (type?.optionalType) return `optional(${formatType(type.optionalType.elemType)})`;
  if (type?.mapType)
    return `map(${element(type.mapType.keyType)},${formatType(type.mapType.valueType)})`;
  return type?.opaqueType ? "opaque" : "of no stated type";
}
