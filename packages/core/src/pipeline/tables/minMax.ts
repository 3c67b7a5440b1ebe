import { z } from "zod";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { applyAffine, lowerAffine } from "./affine.ts";
import { applyBounds, lowerBounds } from "./bounds.ts";
import { columnNames, requireNumbers, requireOneEach } from "./fitted.ts";

/** scikit-learn's `MinMaxScaler`; a column that was constant in training is only shifted. */
export const minMax: Step = defineStep({
  name: "min-max",
  phase: "before",
  summary: "Brings number columns from their range in training to another, 0 to 1 by default.",
  options: z.strictObject({
    columns: columnNames.describe("Number columns."),
    data_min: z.array(z.number()).describe("`MinMaxScaler.data_min_`, one a column."),
    data_max: z.array(z.number()).describe("`MinMaxScaler.data_max_`, one a column."),
    feature_range: z
      .tuple([z.number(), z.number()])
      .default([0, 1])
      .describe("`MinMaxScaler.feature_range`: what the range becomes."),
    clip: z
      .boolean()
      .default(false)
      .describe("`MinMaxScaler.clip`: whether values beyond the range are brought to its ends."),
  }),
  examples: [
    {
      options: { columns: ["age", "height"], data_min: [20, 150], data_max: [60, 200], clip: true },
      given: { age: [30, 80], height: [200, null] },
      gives: { age: [0.25, 1], height: [1, null] },
    },
  ],
  prepare({ columns, data_min, data_max, feature_range, clip }, { types }) {
    requireNumbers(types, columns);
    requireOneEach(columns, { data_min, data_max });
    const [low, high] = feature_range;
    if (low >= high) throw new StepProblem(`${low} is not less than ${high}`, "feature_range");
    const scale = columns.map((_, index) => {
      const width = data_max[index]! - data_min[index]!;
      if (width < 0)
        throw new StepProblem(`less than data_min, ${data_min[index]!}`, `data_max.${index}`);
      return (width || 1) / (high - low);
    });
    const center = data_min.map((least, index) => least - low * scale[index]!);
    const affine = { columns, center, scale };
    const bounds = { columns, lowest: columns.map(() => low), highest: columns.map(() => high) };
    return {
      types,
      apply(frame) {
        applyAffine(frame, affine);
        if (clip) applyBounds(frame, bounds);
      },
      lower(lowering) {
        lowerAffine(lowering, affine);
        if (clip) lowerBounds(lowering, bounds);
      },
    };
  },
});
