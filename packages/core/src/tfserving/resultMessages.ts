import type { ClassificationResult, RegressionResult } from "./messages/results.ts";
import type { Classification } from "./results.ts";

/** A classification as a message: for each example its labels with their scores. */
export function toClassificationResult(classification: Classification): ClassificationResult {
  const { scores, width, labelOf } = classification;
  const classifications: ClassificationResult["classifications"] = [];
  for (let first = 0; first < scores.length; first += width) {
    const row = scores.subarray(first, first + width);
    const classes = Array.from(row, (score, index) => ({ label: labelOf(first + index), score }));
    classifications.push({ classes });
  }
  return { classifications };
}

/** A regression as a message: for each example its number. */
export function toRegressionResult(values: Float32Array): RegressionResult {
  return { regressions: Array.from(values, (value) => ({ value })) };
}
