import { BINS, binWidth, type Histogram } from "./histogram.ts";
import type { Range } from "./range.ts";

/**
 * The range that holds so many percent of the values, to a bin; as many are cut off at each end.
 * 0 stays inside.
 */
export function percentileRange(histogram: Histogram, percentile: number): Range {
  const { min, max, counts, zeros } = histogram;
  const total = counts.reduce((sum, count) => sum + count, zeros);
  const cut = (total * (100 - percentile)) / 200;
  const width = binWidth(histogram);
  let [first, last] = [0, BINS - 1];
  for (let below = counts[first]!; below <= cut && first < BINS - 1; below += counts[first]!)
    first += 1;
  for (let above = counts[last]!; above <= cut && last > 0; above += counts[last]!) last -= 1;
  return {
    min: Math.min(min + first * width, 0),
    max: Math.max(last === BINS - 1 ? max : min + (last + 1) * width, 0),
  };
}
