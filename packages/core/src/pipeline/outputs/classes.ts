import { columnOf, requireType } from "../columns.ts";
import type { ColumnTypes, Frame, TypeOf } from "../frame.ts";
import { StepProblem } from "../step.ts";
import { toTypedArray } from "../../tensor.ts";
import { requireFloats, type Floats } from "./elementwise.ts";

/** A tensor `[rows, classes]` of one floating-point score a class. */
export interface Classes {
  readonly type: TypeOf<"tensor">;
  readonly datatype: "FP32" | "FP64";
  /** How many; undefined where the model does not say. */
  readonly count: number | undefined;
  /** Their names, where the step or the column says them. */
  readonly labels: readonly string[] | undefined;
}

/**
 * The scores that a step reads.
 *
 * @param labels as the step's option gives them; by default those of the column.
 * @throws StepProblem for a column of another form, or for labels that are too few or too many.
 */
export function requireClasses(
  types: ColumnTypes,
  column: string,
  labels?: readonly string[],
): Classes {
  const type = requireType(types, column, "tensor", "column");
  const datatype = requireFloats(type, column);
  const [count, ...more] = type.shape;
  if (count === undefined || more.length > 0)
    throw new StepProblem(
      `column "${column}" has the shape [${type.shape.join(", ")}] a row, expected one axis of classes`,
      "column",
    );
  const known = typeof count === "number" ? count : undefined;
  if (labels && known !== undefined && labels.length !== known)
    throw new StepProblem(`${labels.length} labels for ${known} classes`, "labels");
  return { type, datatype, count: known, labels: labels ?? type.labels };
}

/** As {@link requireClasses}, where names must be known. */
export function requireLabels(
  { labels }: Pick<Classes, "labels">,
  column: string,
): readonly string[] {
  if (labels === undefined)
    throw new StepProblem(`column "${column}" has no labels; give the classes' names`, "labels");
  return labels;
}

/** The scores of all rows, one after the other, and how many a row has. */
export function scoresOf(frame: Frame, column: string): { scores: Floats; width: number } {
  const { tensor } = columnOf(frame, column, "tensor");
  return {
    scores: toTypedArray(tensor.datatype, tensor.data) as Floats,
    width: tensor.shape[1]!,
  };
}

/** Where the largest of some scores stands: the first of equal ones. */
export function largestOf(scores: Floats): number {
  let largest = 0;
  for (let index = 1; index < scores.length; index++)
    if (scores[index]! > scores[largest]!) largest = index;
  return largest;
}
