import type { Covariance } from "../../profile/index.ts";

/** How far rows are from the middle of the training data, in terms of how its fields vary. */
export interface Mahalanobis {
  /** The fields that count. */
  readonly fields: readonly string[];
  /** The squared distance of a row. @param values of `fields`, none missing. */
  squaredDistance(values: ArrayLike<number>): number;
}

/** A field whose variance the fields before it explain but for this part says nothing new. */
const TOLERANCE = 1e-9;

/**
 * Mahalanobis, "On the generalised distance in statistics" (1936), by the Cholesky factor of the
 * fields' correlations. Fields that did not vary in training are left out, and such that are
 * sums of others, as every step away from them would be infinitely far.
 */
export function mahalanobis({ fields, count, mean, comoments }: Covariance): Mahalanobis {
  const comoment = (row: number, column: number): number =>
    row < column ? comoment(column, row) : comoments[(row * (row + 1)) / 2 + column]!;
  const kept: number[] = [];
  /** Rows of the lower triangle, of the kept fields. */
  const factor: number[][] = [];
  for (const field of fields.keys()) {
    const variance = comoment(field, field);
    if (!(variance > 0)) continue;
    const line: number[] = [];
    for (const [place, other] of kept.entries()) {
      const correlation = comoment(field, other) / Math.sqrt(variance * comoment(other, other));
      line.push((correlation - dot(line, factor[place]!, place)) / factor[place]![place]!);
    }
    const left = 1 - dot(line, line, line.length);
    if (left < TOLERANCE) continue;
    factor.push([...line, Math.sqrt(left)]);
    kept.push(field);
  }
  const center = kept.map((field) => mean[field]!);
  const scale = kept.map((field) => Math.sqrt(comoment(field, field) / (count - 1)));
  const solved = new Float64Array(kept.length);
  return {
    fields: kept.map((field) => fields[field]!),
    squaredDistance(values) {
      let distance = 0;
      for (let place = 0; place < solved.length; place++) {
        const deviation = (values[place]! - center[place]!) / scale[place]!;
        const line = factor[place]!;
        solved[place] = (deviation - dot(line, solved, place)) / line[place]!;
        distance += solved[place]! ** 2;
      }
      return distance;
    },
  };
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index++) sum += left[index]! * right[index]!;
  return sum;
}
