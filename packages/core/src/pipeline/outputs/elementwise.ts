import { columnOf, numbersOf, requireType, withTypes } from "../columns.ts";
import type { ColumnTypes, Frame, TypeOf } from "../frame.ts";
import { matrixOf, setMatrix, tensorOf, type Lowering } from "../lowering.ts";
import { StepProblem, type PreparedStep } from "../step.ts";
import { toTypedArray } from "../../tensor.ts";

/** Floating-point elements, as results of arithmetic are kept. */
export type Floats = Float32Array | Float64Array;

/** How a step changes each number by itself. */
export interface Elementwise {
  /**
   * @param last where the number stands along the last axis of its tensor; 0 in a number column.
   */
  compute(value: number, last: number): number;
  /**
   * The same as nodes.
   *
   * @param value `[N, …]`, its last axis as the tensor's, or of length 1.
   */
  lower?(lowering: Lowering, value: string, datatype: "FP32" | "FP64"): string;
}

/**
 * A step that changes each number of a number column or a floating-point tensor by itself; labels
 * and shape stay.
 *
 * @param into where the results go: the column itself, or a new one.
 */
export function prepareElementwise(
  types: ColumnTypes,
  column: string,
  into: string,
  { compute, lower }: Elementwise,
): PreparedStep {
  const type = requireType(types, column, ["number", "tensor"], "column");
  if (type.kind === "tensor") requireFloats(type, column);
  const after = withTypes(types, { [into]: type });
  const apply = (frame: Frame): void => {
    if (type.kind === "number") {
      const values = numbersOf(frame, column).map((value) => compute(value, 0));
      frame.columns.set(into, { kind: "number", values });
      return;
    }
    const { tensor } = columnOf(frame, column, "tensor");
    const elements = toTypedArray(tensor.datatype, tensor.data) as Floats;
    const width = tensor.shape.length > 1 ? tensor.shape.at(-1)! : 1;
    const data = elements.map((value, index) => compute(value, index % width));
    frame.columns.set(into, { kind: "tensor", tensor: { ...tensor, data } });
  };
  if (lower === undefined) return { types: after, apply };
  return {
    types: after,
    apply,
    lower(lowering) {
      if (type.kind === "number") {
        const value = lower(lowering, matrixOf(lowering, [column]), "FP32");
        setMatrix(lowering, [into], value);
        return;
      }
      const tensor = tensorOf(lowering, column);
      const value = lower(lowering, tensor.value, requireFloats(type, column));
      lowering.columns.set(into, { ...tensor, value });
    },
  };
}

/** @throws StepProblem for a tensor of another type than FP32 or FP64. */
export function requireFloats(type: TypeOf<"tensor">, column: string): "FP32" | "FP64" {
  if (type.datatype !== "FP32" && type.datatype !== "FP64")
    throw new StepProblem(
      `column "${column}" is ${type.datatype}, expected FP32 or FP64`,
      "column",
    );
  return type.datatype;
}
