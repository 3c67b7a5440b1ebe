import type { Tensors } from "@longshore/core";
import type { Model } from "../../proto/types.ts";
import type { OpenModel } from "../runtime.ts";
import { entropyRange } from "./entropy.ts";
import { measureExtremes } from "./extremes.ts";
import { collectHistograms } from "./histograms.ts";
import { percentileRange } from "./percentile.ts";
import type { Ranges } from "./range.ts";
import { checkedSamples } from "./samples.ts";
import { calibratedValues } from "./values.ts";

/** How ranges are made of the values that were seen. */
export interface CalibrationOptions {
  /**
   * `minmax` (default): everything that was seen. `percentile`: without the few values furthest out.
   * `entropy`: whatever loses least information.
   */
  readonly method?: CalibrationMethod;
  /** For `percentile`: how many percent of the values stay within the range; 99.99 by default. */
  readonly percentile?: number;
}

/** What decides where a range ends; see {@link CalibrationOptions}. */
export type CalibrationMethod = "minmax" | "percentile" | "entropy";

/**
 * Finds what the activations of a model range over, by running it on samples. One sample is in
 * memory at a time, and of its activations only smallest and largest come back; `percentile` and
 * `entropy` go through the samples again for histograms, so they must be a source that can be
 * iterated more than once.
 *
 * @param samples each all inputs of a run, as many rows as the model takes.
 * @throws LongshoreError DATA_INVALID where there is no sample, or for one that the model does not
 *   take, that has values which are not finite, or with which the model cannot be run.
 * @throws RangeError for a percentile that is not between 50 and 100.
 */
export async function calibrate(
  model: Model,
  samples: AsyncIterable<Tensors>,
  open: OpenModel,
  { method = "minmax", percentile = 99.99 }: CalibrationOptions = {},
): Promise<Ranges> {
  if (!(percentile >= 50 && percentile <= 100))
    throw new RangeError(`a percentile is from 50 to 100, got ${percentile}`);
  const checked = checkedSamples(model, samples);
  const extremes = await measureExtremes(model, calibratedValues(model), checked, open);
  if (method === "minmax") return extremes;
  const histograms = await collectHistograms(model, extremes, checked, open);
  const ranges = new Map<string, { min: number; max: number }>(extremes);
  for (const [value, histogram] of histograms)
    ranges.set(
      value,
      method === "entropy" ? entropyRange(histogram) : percentileRange(histogram, percentile),
    );
  return ranges;
}
