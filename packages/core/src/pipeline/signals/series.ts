import { fail } from "../../errors.ts";
import type { InputField } from "../../manifest/fields.ts";
import type { ColumnOf } from "../frame.ts";
import { StepProblem } from "../step.ts";

/** A caller's series or recording that a step cannot take. */
export function seriesProblem(field: string, row: number, rows: number, problem: string): Error {
  return fail("FIELD_INVALID", { field, where: rows > 1 ? ` in row ${row}` : "", problem });
}

/**
 * Finds the sample rate of a row: the recording's own, else what the bundle says of the field.
 *
 * @throws StepProblem if the field is a series of which the bundle does not say it.
 */
export function rateFinder(
  name: string,
  inputs: Readonly<Record<string, InputField>>,
): (column: ColumnOf<"series">, row: number) => number | undefined {
  const field = inputs[name];
  const declared = field?.type === "series" ? field.rate : undefined;
  if (field?.type === "series" && declared === undefined)
    throw new StepProblem(`the rate of "${name}" is not known; give it as inputs.${name}.rate`);
  return ({ rates }, row) => rates?.[row] ?? declared;
}

/**
 * The same length for every series: too long ones are cut, too short ones filled.
 *
 * @param keep whether the start or the end of a series is kept; the other side is cut or filled.
 * @returns the samples themselves where they are that long already.
 */
export function fitLength(
  samples: Float32Array,
  length: number,
  keep: "start" | "end",
  fill: number,
): Float32Array {
  const extra = samples.length - length;
  if (extra === 0) return samples;
  if (extra > 0) return keep === "start" ? samples.subarray(0, length) : samples.subarray(extra);
  const fitted = new Float32Array(length).fill(fill);
  fitted.set(samples, keep === "start" ? 0 : -extra);
  return fitted;
}
