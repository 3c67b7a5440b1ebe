/** A median of several measurements, and where the true one lies. */
export interface Interval {
  readonly median: number;
  /** Bounds that hold with 95 % confidence; with fewer than six values, the extremes. */
  readonly low: number;
  readonly high: number;
}

const CONFIDENCE = 0.95;

/**
 * Median with a confidence interval that assumes nothing about the distribution: each value lies
 * below the true median with probability ½, so how many do is binomial.
 *
 * Source: Thompson 1936, "On confidence ranges for the median".
 *
 * @param values at least one.
 */
export function medianWithInterval(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) throw new RangeError("no values");
  // Outside the k-th value from either end, the median lies with twice the tail's probability.
  let [k, tail, term] = [0, 0, 2 ** -n];
  while (2 * (tail + term) <= 1 - CONFIDENCE) {
    tail += term;
    term *= (n - k) / (k + 1);
    k += 1;
  }
  const outermost = Math.max(0, k - 1);
  return {
    median: quantile(sorted, 0.5),
    low: sorted[outermost]!,
    high: sorted[n - 1 - outermost]!,
  };
}

/** Quantile by linear interpolation between the two nearest of sorted values. */
export function quantile(sorted: readonly number[], fraction: number): number {
  const place = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Whether two intervals have no value in common, so that the medians surely differ. */
export function areApart(a: Interval, b: Interval): boolean {
  return a.high < b.low || b.high < a.low;
}
