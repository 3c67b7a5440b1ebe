import { node, tensor } from "../../build.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Affine } from "../quantize/scale.ts";

/** The types of integers that stand for reals. */
export type IntegerType = "UINT8" | "INT8" | "INT32";

/** A constant in integers, with one scale for all, or one for each index of an axis. */
export interface IntegerConstant {
  readonly name: string;
  readonly datatype: IntegerType;
  readonly dims: readonly number[];
  readonly values: ArrayBufferView;
  readonly scales: Float32Array;
  /** The same for every scale. */
  readonly zeroPoint: number;
  readonly axis: number | undefined;
}

/** Adds a constant and the DequantizeLinear that makes floats of it. @returns the floats' name. */
export function addDequantized(constant: IntegerConstant, graph: GraphEditor): string {
  const { datatype, dims, values, scales, zeroPoint, axis } = constant;
  const name = graph.addConstant(tensor(`${constant.name}_quantized`, datatype, dims, values));
  const inputs = [name, ...addScales(name, { scales, zeroPoint, datatype, axis }, graph)];
  const floats = graph.freshName(`${name}_dequantized`);
  graph.add(node("DequantizeLinear", inputs, [floats], axis === undefined ? {} : { axis }));
  return floats;
}

/** Adds a QuantizeLinear that reads a value, and a DequantizeLinear that makes another. */
export function addPair(
  from: string,
  to: string,
  scale: readonly string[],
  graph: GraphEditor,
): void {
  const integers = graph.freshName(`${to}_quantized`);
  graph.add(node("QuantizeLinear", [from, ...scale], [integers]));
  graph.add(node("DequantizeLinear", [integers, ...scale], [to]));
}

/** Adds the scale and the zero point of an activation. @returns their names. */
export function addScale(
  value: string,
  { scale, zeroPoint }: Affine,
  datatype: IntegerType,
  graph: GraphEditor,
): readonly string[] {
  const scales = Float32Array.of(scale);
  return addScales(value, { scales, zeroPoint, datatype, axis: undefined }, graph);
}

function addScales(
  name: string,
  { scales, zeroPoint, datatype, axis }: Omit<IntegerConstant, "name" | "dims" | "values">,
  graph: GraphEditor,
): readonly string[] {
  const dims = axis === undefined ? [] : [scales.length];
  // Zero points also where they are 0: ONNX Runtime does not fuse a Gemm whose weights have none.
  const points = toHolder(datatype, scales.length).fill(zeroPoint);
  return [
    graph.addConstant(tensor(`${name}_scale`, "FP32", dims, scales)),
    graph.addConstant(tensor(`${name}_zero_point`, datatype, dims, points)),
  ];
}

function toHolder(datatype: IntegerType, length: number): Uint8Array | Int8Array | Int32Array {
  switch (datatype) {
    case "UINT8":
      return new Uint8Array(length);
    case "INT8":
      return new Int8Array(length);
    case "INT32":
      return new Int32Array(length);
  }
}
