import { BINS, binWidth, type Histogram } from "./histogram.ts";
import type { Range } from "./range.ts";

const LEVELS = 256;
/** Thresholds that are tried. */
const CANDIDATES = 128;
/** Share of the reference in the quantised distribution: what that lacks costs, but not infinitely. */
const SMOOTHING = 1e-4;

/**
 * The range with which 256 levels keep most of what the values tell: of all thresholds at which
 * larger magnitudes are cut off, the one that leaves the quantised distribution closest to that of
 * the values, by Kullback-Leibler divergence.
 *
 * Source: Migacz 2017, "8-bit inference with TensorRT" (GTC).
 */
export function entropyRange(histogram: Histogram): Range {
  const { min, max, counts } = histogram;
  const width = binWidth(histogram);
  const zero = Math.round(-min / width);
  const longest = Math.max(zero, BINS - zero);
  let best: Range = { min, max };
  let least = Infinity;
  for (let candidate = 1; candidate <= CANDIDATES; candidate++) {
    const threshold = Math.round((longest * candidate) / CANDIDATES);
    const first = Math.max(zero - threshold, 0);
    const end = Math.min(zero + threshold, BINS);
    if (end - first < LEVELS) continue;
    const divergence = divergenceOfCut(counts, first, end);
    // Among equals the widest, which cuts off least.
    if (divergence > least) continue;
    least = divergence;
    best = {
      min: first === 0 ? min : min + first * width,
      max: end === BINS ? max : min + end * width,
    };
  }
  return best;
}

/**
 * How much is lost where values outside of `first..end` become the nearest ones inside, and those
 * inside are only known by their level.
 */
function divergenceOfCut(counts: Float64Array, first: number, end: number): number {
  const inside = counts.subarray(first, end);
  const below = sum(counts.subarray(0, first));
  const above = sum(counts.subarray(end));
  const kept = sum(inside);
  const total = kept + below + above;
  if (kept === 0) return Infinity;
  let divergence = 0;
  for (let level = 0; level < LEVELS; level++) {
    const from = Math.floor((level * inside.length) / LEVELS);
    const to = Math.floor(((level + 1) * inside.length) / LEVELS);
    let [counted, used] = [0, 0];
    for (let bin = from; bin < to; bin++) {
      counted += inside[bin]!;
      if (inside[bin]! > 0) used += 1;
    }
    for (let bin = from; bin < to; bin++) {
      const clipped = (bin === 0 ? below : 0) + (bin === inside.length - 1 ? above : 0);
      const reference = (inside[bin]! + clipped) / total;
      if (reference === 0) continue;
      const spread = inside[bin]! > 0 ? counted / used / kept : 0;
      const quantized = (1 - SMOOTHING) * spread + SMOOTHING * reference;
      divergence += reference * Math.log(reference / quantized);
    }
  }
  return divergence;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
