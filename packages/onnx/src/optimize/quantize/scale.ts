import { roundClamped } from "./round.ts";

/** Below this, a scale is subnormal in FP32, which some kernels take for 0. */
const SMALLEST = 2 ** -126;

/** The whole numbers that stand for reals: `low..high`, both included. */
export interface IntegerRange {
  readonly low: number;
  readonly high: number;
}

/** `real = (integer - zeroPoint) * scale` */
export interface Affine {
  /** Exact in FP32, normal, not 0. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * A scale as FP32 holds it. A range so narrow that its scale would be subnormal (a channel of
 * zeros) gets 1: every value in it rounds to 0.
 */
export function toScale(exact: number): number {
  const scale = Math.fround(exact);
  return Math.abs(scale) < SMALLEST ? 1 : scale;
}

/**
 * Scale and zero point for the reals `min..max`, which are widened to include 0, as 0 must be exact:
 * padding and ReLU make a great many of them. Reals in that range are off by half a scale at most.
 *
 * @throws RangeError if an end is not finite.
 */
export function asymmetricAffine(min: number, max: number, { low, high }: IntegerRange): Affine {
  const bottom = Math.min(min, 0);
  const top = Math.max(max, 0);
  if (!Number.isFinite(bottom) || !Number.isFinite(top))
    throw new RangeError(`a range must be finite, got ${min}..${max}`);
  const scale = toScale((top - bottom) / (high - low));
  return { scale, zeroPoint: roundClamped(low - bottom / scale, low, high) };
}

/** The integer that stands for a real, or the nearest one that there is. */
export function quantize(value: number, affine: Affine, { low, high }: IntegerRange): number {
  return roundClamped(value / affine.scale + affine.zeroPoint, low, high);
}
