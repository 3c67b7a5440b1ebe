import type { Datatype, TypedArray } from "../datatype.ts";
import type { Dimension } from "../signature.ts";

/** An attribute of an ONNX node. A whole number in `float` is still a float to ONNX. */
export type NodeAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly strings: readonly string[] };

/** Writes ONNX nodes. Values are known by their names. */
export interface NodeBuilder {
  /**
   * Adds an operator of opset 17 or later.
   *
   * @param domain `ai.onnx.ml` for the operators of classical machine learning.
   * @returns the value that it makes; {@link nodes} for operators that make several.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, NodeAttribute>>,
    domain?: string,
  ): string;
  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, NodeAttribute>>,
    domain?: string,
  ): string[];
  constant(
    datatype: Datatype,
    shape: readonly number[],
    data: TypedArray | readonly number[] | readonly string[],
  ): string;
}

/**
 * A column as it exists in the graph. Number and text columns are places of matrices `[N, width]`
 * (numbers as FP32, missing ones NaN; texts as BYTES, missing ones ""), so that a step over many
 * columns is one operator and not many.
 */
export type LoweredColumn =
  | {
      readonly kind: "number" | "text";
      readonly matrix: string;
      readonly index: number;
      readonly width: number;
    }
  | {
      readonly kind: "tensor";
      /** With the axis of rows first. */
      readonly value: string;
      readonly datatype: Datatype;
      /** Without the axis of rows. */
      readonly shape: readonly Dimension[];
    };

/** A pipeline on its way into a graph: what `apply` does to a frame, `lower` does to this. */
export interface Lowering {
  readonly builder: NodeBuilder;
  readonly columns: Map<string, LoweredColumn>;
}

/**
 * The value of a matrix `[N, names.length]` with these number or text columns in this order. No
 * operator where they already are a matrix; else at most one Concat and one Gather.
 */
export function matrixOf({ builder, columns }: Lowering, names: readonly string[]): string {
  /** Where the places of each matrix begin, once they stand side by side. */
  const starts = new Map<string, number>();
  let width = 0;
  const places = names.map((name) => {
    const column = columns.get(name);
    if (column === undefined || column.kind === "tensor")
      throw new TypeError(`"${name}" is no column of a matrix`);
    let start = starts.get(column.matrix);
    if (start === undefined) {
      start = width;
      starts.set(column.matrix, start);
      width += column.width;
    }
    return start + column.index;
  });
  const matrices = [...starts.keys()];
  const whole =
    matrices.length === 1 ? matrices[0]! : builder.node("Concat", matrices, { axis: { int: 1 } });
  if (places.length === width && places.every((place, index) => place === index)) return whole;
  const indices = builder.constant("INT64", [places.length], places);
  return builder.node("Gather", [whole, indices], { axis: { int: 1 } });
}

/** A tensor column. @throws TypeError for any other: `prepare` has made sure that it is one. */
export function tensorOf({ columns }: Lowering, name: string): LoweredTensor {
  const column = columns.get(name);
  if (column?.kind !== "tensor") throw new TypeError(`"${name}" is no tensor`);
  return column;
}

/** A tensor column as it exists in the graph. */
export type LoweredTensor = Extract<LoweredColumn, { kind: "tensor" }>;

/** Makes the columns of a matrix `[N, names.length]` columns of these names. */
export function setMatrix(
  { columns }: Lowering,
  names: readonly string[],
  matrix: string,
  kind: "number" | "text" = "number",
): void {
  names.forEach((name, index) => columns.set(name, { kind, matrix, index, width: names.length }));
}

/**
 * The smallest number of single precision that is not below a bound: for every `x` of single
 * precision, `x >= bound` is `x >= singleAtLeast(bound)`. A bound that was only rounded may come to
 * lie on the other side of `x`.
 */
export function singleAtLeast(bound: number): number {
  const rounded = Math.fround(bound);
  if (!(rounded < bound)) return rounded;
  const bits = new Int32Array(new Float32Array([rounded]).buffer);
  // The next number up: of a negative one, the pattern with a smaller magnitude.
  if (rounded === 0) return 2 ** -149;
  bits[0]! += rounded > 0 ? 1 : -1;
  return new Float32Array(bits.buffer)[0]!;
}
