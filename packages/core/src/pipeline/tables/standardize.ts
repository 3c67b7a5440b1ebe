import { z } from "zod";
import { defineStep, type Step } from "../step.ts";
import { applyAffine, lowerAffine } from "./affine.ts";
import { columnNames, requireNumbers, requireOneEach } from "./fitted.ts";

/** scikit-learn's `StandardScaler`: `(x - mean) / scale`. */
export const standardize: Step = defineStep({
  name: "standardize",
  phase: "before",
  summary: "Shifts and scales number columns to mean 0 and variance 1, as they were in training.",
  options: z.strictObject({
    columns: columnNames.describe("Number columns."),
    mean: z.array(z.number()).describe("`StandardScaler.mean_`, one a column."),
    scale: z.array(z.number().positive()).describe("`StandardScaler.scale_`, one a column."),
  }),
  examples: [
    {
      options: { columns: ["age", "height"], mean: [40, 170], scale: [10, 5] },
      given: { age: [45, null], height: [165, 180], name: ["Ann", "Bo"] },
      gives: { age: [0.5, null], height: [-1, 2], name: ["Ann", "Bo"] },
    },
  ],
  prepare({ columns, mean, scale }, { types }) {
    requireNumbers(types, columns);
    requireOneEach(columns, { mean, scale });
    const affine = { columns, center: mean, scale };
    return {
      types,
      apply: (frame) => applyAffine(frame, affine),
      lower: (lowering) => lowerAffine(lowering, affine),
    };
  },
});
