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
 * operator where they already are a matrix; else one Gather a matrix, and a Concat.
 */
export function matrixOf({ builder, columns }: Lowering, names: readonly string[]): string {
  const pieces: { matrix: string; width: number; places: number[] }[] = [];
  for (const name of names) {
    const column = columns.get(name);
    if (column === undefined || column.kind === "tensor")
      throw new TypeError(`"${name}" is no column of a matrix`);
    const last = pieces.at(-1);
    if (last?.matrix === column.matrix) last.places.push(column.index);
    else pieces.push({ matrix: column.matrix, width: column.width, places: [column.index] });
  }
  const values = pieces.map(({ matrix, width, places }) => {
    const whole = places.length === width && places.every((place, index) => place === index);
    if (whole) return matrix;
    const indices = builder.constant("INT64", [places.length], BigInt64Array.from(places, BigInt));
    return builder.node("Gather", [matrix, indices], { axis: { int: 1 } });
  });
  return values.length === 1 ? values[0]! : builder.node("Concat", values, { axis: { int: 1 } });
}

/** Makes the columns of a matrix `[N, names.length]` columns of these names. */
export function setMatrix(
  { columns }: Lowering,
  names: readonly string[],
  matrix: string,
  kind: "number" | "text" = "number",
): void {
  names.forEach((name, index) => columns.set(name, { kind, matrix, index, width: names.length }));
}
