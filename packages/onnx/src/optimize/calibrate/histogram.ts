import type { Range } from "./range.ts";

/** More than the 256 levels of an 8-bit integer by a factor that lets ranges be cut finely. */
export const BINS = 2048;

/** How often values fall into each of {@link BINS} bins of equal width. */
export interface Histogram extends Range {
  readonly counts: Float64Array;
  /** Values that are exactly 0, which the bins do not count: no range represents 0 badly. */
  zeros: number;
}

/** A histogram without values; its range has 0 in it. */
export function emptyHistogram({ min, max }: Range): Histogram {
  const counts = new Float64Array(BINS);
  return { min: Math.min(min, 0), max: Math.max(max, 0), counts, zeros: 0 };
}

/** Counts values, which are all in the histogram's range. */
export function addToHistogram(histogram: Histogram, values: Float32Array): void {
  const { min, counts } = histogram;
  const perValue = 1 / binWidth(histogram);
  // Neither branches nor doubles in the loop: it is most of what calibration by histograms takes.
  const added = new Uint32Array(BINS + 1);
  let zeros = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    zeros += value === 0 ? 1 : 0;
    added[((value - min) * perValue) | 0]! += 1;
  }
  added[(-min * perValue) | 0]! -= zeros;
  histogram.zeros += zeros;
  // The largest value ends the last bin.
  added[BINS - 1]! += added[BINS]!;
  for (let bin = 0; bin < BINS; bin++) counts[bin]! += added[bin]!;
}

/** What each of the {@link BINS} bins of a range covers. */
export function binWidth({ min, max }: Range): number {
  return (max - min) / BINS;
}
