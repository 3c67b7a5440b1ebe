import { z } from "zod";
import { columnOf, requireType } from "../columns.ts";
import { defineStep, type Step } from "../step.ts";

/** `Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm` of Hugging Face's transformers. */
export const standardizeSeries: Step = defineStep({
  name: "standardize-series",
  phase: "before",
  summary: "Shifts and scales each series to mean 0 and variance 1 by its own mean and variance.",
  options: z.strictObject({
    column: z.string().describe("A series."),
    epsilon: z
      .number()
      .nonnegative()
      .default(1e-7)
      .describe("Added to the variance, so that silence is not divided by 0."),
  }),
  examples: [
    {
      options: { column: "signal" },
      given: { signal: { series: [[1, 3], [5]] } },
      gives: { signal: { series: [[-1, 1], [0]] } },
    },
  ],
  prepare({ column, epsilon }, { types }) {
    requireType(types, column, "series", "column");
    return {
      types,
      apply(frame) {
        const series = columnOf(frame, column, "series");
        const values = series.values.map((samples) => standardized(samples, epsilon));
        frame.columns.set(column, { ...series, values });
      },
    };
  },
});

function standardized(samples: Float32Array, epsilon: number): Float32Array {
  const length = Math.max(1, samples.length);
  const mean = samples.reduce((sum, value) => sum + value, 0) / length;
  const variance = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
  const scale = Math.sqrt(variance + epsilon);
  // A constant series is 0 even where epsilon is.
  return samples.map((value) => (scale === 0 ? 0 : (value - mean) / scale));
}
