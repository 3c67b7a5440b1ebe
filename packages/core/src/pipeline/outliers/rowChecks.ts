/** The rules about rows as a whole: `distance` and `confidence`. */
import { toTypedArray } from "../../tensor.ts";
import { columnOf, numbersOf, requireType } from "../columns.ts";
import { StepProblem, type StepContext } from "../step.ts";
import { findRows, formatNumber, type Check } from "./check.ts";
import { chiSquaredQuantile } from "./chiSquared.ts";
import { mahalanobis } from "./mahalanobis.ts";
import type { RuleOf } from "./rules.ts";

/** @throws StepProblem if the bundle has no profile that tells how its numbers vary together. */
export function distanceChecks(
  { quantile, threshold, action }: RuleOf<"distance">,
  place: number,
  { profile, types }: StepContext,
): Check[] {
  const at = `rules.${place}`;
  if ((quantile === undefined) === (threshold === undefined))
    throw new StepProblem("give either quantile or threshold", at);
  const covariance = profile?.covariance;
  if (covariance === undefined)
    throw new StepProblem(
      "the distance needs a profile of the training data with numbers; see `longshore profile`",
      at,
    );
  const { fields, squaredDistance } = mahalanobis(covariance);
  if (fields.length === 0 || covariance.count <= fields.length)
    throw new StepProblem(
      `the profile tells of ${covariance.count} complete rows, too few for the distance in ` +
        `${fields.length} fields`,
      at,
    );
  for (const name of fields) requireType(types, name, "number", at);
  if (action === "pass") return [];
  const limit = threshold ?? chiSquaredQuantile(fields.length, quantile!);
  const find: Check["find"] = (frame) => {
    const columns = fields.map((name) => numbersOf(frame, name));
    const values = new Float64Array(fields.length);
    return findRows(frame.rows, (row) => {
      for (let index = 0; index < values.length; index++) values[index] = columns[index]![row]!;
      const distance = squaredDistance(values);
      // NaN, if a value is missing, is over no limit.
      if (!(distance > limit)) return undefined;
      return (
        `the row is unlike the training data: its squared distance is ${formatNumber(distance)}, ` +
        `expected at most ${formatNumber(limit)}`
      );
    });
  };
  return [{ rule: "distance", action, find }];
}

/** @throws StepProblem if the column is no tensor of probabilities. */
export function confidenceChecks(
  { column, floor, action }: RuleOf<"confidence">,
  place: number,
  { types }: StepContext,
): Check[] {
  const type = requireType(types, column, "tensor", `rules.${place}.column`);
  if ((type.datatype !== "FP32" && type.datatype !== "FP64") || type.shape.length !== 1)
    throw new StepProblem(
      `column "${column}" is ${type.datatype}[${type.shape.join(",")}] a row, expected FP32 or ` +
        "FP64 with one axis, of classes",
      `rules.${place}.column`,
    );
  if (action === "pass") return [];
  const find: Check["find"] = (frame) => {
    const { tensor } = columnOf(frame, column, "tensor");
    const values = toTypedArray(tensor.datatype, tensor.data);
    const classes = tensor.shape[1]!;
    return findRows(frame.rows, (row) => {
      let highest = Number.NEGATIVE_INFINITY;
      for (let index = row * classes; index < (row + 1) * classes; index++)
        highest = Math.max(highest, Number(values[index]!));
      if (highest >= floor) return undefined;
      return `the highest of "${column}" is ${formatNumber(highest)}, expected at least ${floor}`;
    });
  };
  return [{ rule: "confidence", action, field: column, find }];
}
