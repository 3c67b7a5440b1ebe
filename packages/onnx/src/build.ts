import {
  byteLength,
  DATATYPES,
  toBytes,
  type Datatype,
  type Dimension,
  type TensorSpec,
} from "@longshore/core";
import {
  ATTRIBUTE_TYPE,
  type Attribute,
  type Graph,
  type Model,
  type Node,
  type OperatorSetId,
  type ShapeDimension,
  type TensorProto,
  type TypeProto,
  type ValueInfo,
} from "./proto/types.ts";

/**
 * Makes ONNX models in code.
 *
 * ```ts
 * const dense = model({
 *   inputs: [{ name: "x", datatype: "FP32", shape: ["N", 4] }],
 *   outputs: [{ name: "y", datatype: "FP32", shape: ["N", 2] }],
 *   initializers: [tensor("w", "FP32", [4, 2], new Float32Array(8))],
 *   nodes: [node("MatMul", ["x", "w"], ["y"])],
 * });
 * ```
 */
export function model(parts: GraphParts & ModelParts): Model {
  const opsets = Object.entries(parts.opset ?? { "": DEFAULT_OPSET });
  return {
    irVersion: parts.irVersion ?? DEFAULT_IR_VERSION,
    producerName: "longshore",
    opsetImports: opsets.map(([domain, version]): OperatorSetId => ({ domain, version })),
    graph: graph(parts),
  };
}

/** Widely read, and new enough for every operator that Longshore writes. */
const DEFAULT_OPSET = 17;
const DEFAULT_IR_VERSION = 8;

/** What a graph is made of; types of values between the nodes are left to inference. */
export interface GraphParts {
  readonly name?: string;
  readonly inputs: readonly (TensorSpec | ValueInfo)[];
  readonly outputs: readonly (TensorSpec | ValueInfo)[];
  readonly nodes: readonly Node[];
  readonly initializers?: readonly TensorProto[];
}

/** What a model has beside its graph; opset 17 and IR version 8 by default. */
export interface ModelParts {
  /** Version of each operator domain; `""` is the standard one. */
  readonly opset?: Readonly<Record<string, number>>;
  readonly irVersion?: number;
}

/** A graph, for a model or as an attribute of If, Loop, Scan. */
export function graph(parts: GraphParts): Graph {
  return {
    name: parts.name ?? "graph",
    nodes: [...parts.nodes],
    initializers: [...(parts.initializers ?? [])],
    inputs: parts.inputs.map(toValueInfo),
    outputs: parts.outputs.map(toValueInfo),
    valueInfos: [],
  };
}

function toValueInfo(value: TensorSpec | ValueInfo): ValueInfo {
  if (!("datatype" in value)) return value;
  return { name: value.name, type: tensorType(value.datatype, value.shape) };
}

/** The type of a dense tensor; without a shape, of unknown rank. */
export function tensorType(datatype: Datatype, shape?: readonly Dimension[]): TypeProto {
  const elemType = DATATYPES[datatype].onnx;
  if (shape === undefined) return { tensorType: { elemType } };
  return { tensorType: { elemType, shape: { dims: shape.map(toShapeDimension) } } };
}

function toShapeDimension(dimension: Dimension): ShapeDimension {
  if (typeof dimension === "number") return { dimValue: dimension };
  return dimension === "?" ? {} : { dimParam: dimension };
}

/**
 * A constant tensor.
 *
 * @param data the raw little-endian elements (FP16 and BF16 as bit patterns), not copied; for BYTES
 *   one string an element.
 * @throws RangeError if the data do not fill the dims.
 */
export function tensor(
  name: string,
  datatype: Datatype,
  dims: readonly number[],
  data: ArrayBufferView | readonly string[],
): TensorProto {
  const head = { name, dims: [...dims], dataType: DATATYPES[datatype].onnx };
  if (!ArrayBuffer.isView(data)) {
    return { ...head, stringData: data.map((text) => new TextEncoder().encode(text)) };
  }
  if (data.byteLength !== byteLength(datatype, dims)) {
    throw new RangeError(
      `tensor "${name}": ${data.byteLength} bytes do not fill ${datatype}[${dims.join(",")}]`,
    );
  }
  return { ...head, rawData: toBytes(data) };
}

/** A floating-point attribute, since a JavaScript number does not say whether 1 is meant as 1.0. */
export interface Float {
  readonly float: number;
}

/** Marks a number as floating-point, for an attribute that is one. */
export function float(value: number): Float {
  return { float: value };
}

/**
 * What an attribute can be made of: a whole number is INT, {@link float} FLOAT, an array of whole
 * numbers INTS, a Float32Array FLOATS; strings, tensors, graphs and types as they are.
 */
export type AttributeValue =
  | number
  | bigint
  | Float
  | string
  | readonly number[]
  | Float32Array
  | readonly string[]
  | TensorProto
  | Graph
  | TypeProto;

/** One operator. `""` among the inputs leaves an optional one out. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = "",
): Node {
  return {
    opType,
    inputs: [...inputs],
    outputs: [...outputs],
    attributes: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...(domain === "" ? {} : { domain }),
  };
}

/** @throws RangeError for a fraction where a whole number is meant; see {@link float}. */
export function attribute(name: string, value: AttributeValue): Attribute {
  const { FLOAT, INT, STRING, TENSOR, GRAPH, FLOATS, INTS, STRINGS, TYPE_PROTO } = ATTRIBUTE_TYPE;
  if (typeof value === "number" || typeof value === "bigint")
    return { name, type: INT, i: BigInt(value) };
  if (typeof value === "string") return { name, type: STRING, s: new TextEncoder().encode(value) };
  if (value instanceof Float32Array) return { name, type: FLOATS, floats: value };
  if (isArray(value)) {
    if (areStrings(value)) {
      return { name, type: STRINGS, strings: value.map((text) => new TextEncoder().encode(text)) };
    }
    return { name, type: INTS, ints: BigInt64Array.from(value, BigInt) };
  }
  if ("float" in value) return { name, type: FLOAT, f: value.float };
  if ("dataType" in value) return { name, type: TENSOR, t: value };
  if ("nodes" in value) return { name, type: GRAPH, g: value };
  return { name, type: TYPE_PROTO, tp: value };
}

const isArray = (value: object): value is readonly unknown[] => Array.isArray(value);

/** An empty list counts as one of numbers. */
function areStrings(values: readonly (string | number)[]): values is readonly string[] {
  return typeof values[0] === "string";
}
