import { z } from "zod";
import { defineStep, type Step } from "../step.ts";
import { applyAffine, lowerAffine } from "./affine.ts";
import { columnNames, requireNumbers, requireOneEach } from "./fitted.ts";

/** scikit-learn's `RobustScaler`: `(x - center) / scale`. */
export const robustScale: Step = defineStep({
  name: "robust-scale",
  phase: "before",
  summary: "Shifts and scales number columns by their median and the range between two quantiles.",
  options: z.strictObject({
    columns: columnNames.describe("Number columns."),
    center: z
      .array(z.number())
      .describe("`RobustScaler.center_`, one a column; zeros if it was fitted without centering."),
    scale: z
      .array(z.number().positive())
      .describe("`RobustScaler.scale_`, one a column; ones if it was fitted without scaling."),
  }),
  examples: [
    {
      options: { columns: ["income"], center: [30_000], scale: [20_000] },
      given: { income: [20_000, 1_030_000, null] },
      gives: { income: [-0.5, 50, null] },
    },
  ],
  prepare({ columns, center, scale }, { types }) {
    requireNumbers(types, columns);
    requireOneEach(columns, { center, scale });
    const affine = { columns, center, scale };
    return {
      types,
      apply: (frame) => applyAffine(frame, affine),
      lower: (lowering) => lowerAffine(lowering, affine),
    };
  },
});
