/**
 * A mergeable sketch of a distribution: the merging t-digest of Dunning and Ertl (2019), "Computing
 * Extremely Accurate Quantiles Using t-Digests", with the scale function k1. A list of centroids
 * ascending by mean: mean and weight in turns. Centroids are small at the tails, where quantiles
 * matter most.
 */
export type Sketch = readonly number[];

/** Centroids kept, about: errors of rank are below 2 % in the middle and far below at the tails. */
const COMPRESSION = 24;

/** The sketch of numbers without NaN. */
export function sketchOf(values: Float64Array): Sketch {
  const sorted = values.toSorted();
  const centroids = new Float64Array(sorted.length * 2);
  sorted.forEach((value, index) => {
    centroids[index * 2] = value;
    centroids[index * 2 + 1] = 1;
  });
  return compress(centroids);
}

/** The sketch of both together. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  const centroids = new Float64Array(a.length + b.length);
  let [left, right] = [0, 0];
  for (let at = 0; at < centroids.length; at += 2) {
    const fromLeft = right >= b.length || (left < a.length && a[left]! <= b[right]!);
    centroids[at] = fromLeft ? a[left]! : b[right]!;
    centroids[at + 1] = fromLeft ? a[left + 1]! : b[right + 1]!;
    if (fromLeft) left += 2;
    else right += 2;
  }
  return compress(centroids);
}

/** Joins neighbours as long as the scale function allows: at most one unit of k to a centroid. */
function compress(centroids: ArrayLike<number>): Sketch {
  let total = 0;
  for (let at = 1; at < centroids.length; at += 2) total += centroids[at]!;
  const sketch: number[] = [];
  let done = 0;
  let limit = rankAfter(0, total);
  for (let at = 0; at < centroids.length; at += 2) {
    const [mean, weight] = [centroids[at]!, centroids[at + 1]!];
    const last = sketch.length - 2;
    if (last >= 0 && done + weight <= limit) {
      const joined = sketch[last + 1]! + weight;
      sketch[last]! += ((mean - sketch[last]!) * weight) / joined;
      sketch[last + 1] = joined;
    } else {
      limit = rankAfter(done, total);
      sketch.push(mean, weight);
    }
    done += weight;
  }
  return sketch;
}

/** The rank that is one unit of `k1(q) = COMPRESSION / 2π · asin(2q − 1)` after another. */
function rankAfter(rank: number, total: number): number {
  const k = (COMPRESSION / (2 * Math.PI)) * Math.asin((2 * rank) / total - 1) + 1;
  if (k >= COMPRESSION / 4) return total;
  return (total * (Math.sin((2 * Math.PI * k) / COMPRESSION) + 1)) / 2;
}

/**
 * The number below which a share of the data lies, interpolated between centroids.
 *
 * @param share from 0 to 1.
 * @param range the smallest and the largest number, which a sketch does not keep.
 * @returns NaN for a sketch of nothing.
 */
export function quantileOf(
  sketch: Sketch,
  share: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (sketch.length === 0) return Number.NaN;
  let total = 0;
  for (let at = 1; at < sketch.length; at += 2) total += sketch[at]!;
  const rank = share * total;
  // A centroid stands for the ranks around its middle; min and max are at the ends.
  let [rankBefore, valueBefore] = [0, min];
  let done = 0;
  for (let at = 0; at < sketch.length; at += 2) {
    const middle = done + sketch[at + 1]! / 2;
    if (rank <= middle) return between(rank, rankBefore, valueBefore, middle, sketch[at]!);
    [rankBefore, valueBefore] = [middle, sketch[at]!];
    done += sketch[at + 1]!;
  }
  return between(rank, rankBefore, valueBefore, total, max);
}

function between(rank: number, r0: number, v0: number, r1: number, v1: number): number {
  return r1 === r0 ? v1 : v0 + ((v1 - v0) * (rank - r0)) / (r1 - r0);
}
