import { z } from "zod";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { applyBounds, lowerBounds } from "./bounds.ts";
import { columnNames, requireNumbers, requireOneEach } from "./fitted.ts";

const bound = z.union([z.number(), z.array(z.number().nullable())]);

/** numpy's `clip`. */
export const clip: Step = defineStep({
  name: "clip",
  phase: "either",
  summary: "Brings numbers that are too small or too large to the nearest bound.",
  options: z.strictObject({
    columns: columnNames.describe("Number columns."),
    min: bound
      .optional()
      .describe("The lower bound of all columns, or one a column: null for none."),
    max: bound
      .optional()
      .describe("The upper bound of all columns, or one a column: null for none."),
  }),
  examples: [
    {
      options: { columns: ["age", "height"], min: 0, max: [120, null] },
      given: { age: [-1, 130, null], height: [-5, 170, 1000] },
      gives: { age: [0, 120, null], height: [0, 170, 1000] },
    },
  ],
  prepare({ columns, min, max }, { types }) {
    requireNumbers(types, columns);
    if (min === undefined && max === undefined) throw new StepProblem("give min, max or both");
    const each = (option: string, given: typeof min, none: number): number[] => {
      if (!Array.isArray(given)) return columns.map(() => given ?? none);
      requireOneEach(columns, { [option]: given });
      return given.map((value) => value ?? none);
    };
    const lowest = each("min", min, Number.NEGATIVE_INFINITY);
    const highest = each("max", max, Number.POSITIVE_INFINITY);
    for (const [index, name] of columns.entries())
      if (lowest[index]! > highest[index]!)
        throw new StepProblem(
          `"${name}": ${lowest[index]!} is more than ${highest[index]!}`,
          "min",
        );
    const bounds = { columns, lowest, highest };
    return {
      types,
      apply: (frame) => applyBounds(frame, bounds),
      lower: (lowering) => lowerBounds(lowering, bounds),
    };
  },
});
