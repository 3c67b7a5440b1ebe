/**
 * Signal to quantisation noise ratio in dB: `10 · log10(Σ reference² / Σ (reference - other)²)`.
 * Six more are about one bit more. Infinity where both are equal, -Infinity where the reference is
 * all zeros and the other is not; NaN if either holds a NaN.
 */
export function sqnr(reference: Float32Array, other: Float32Array): number {
  if (reference.length !== other.length)
    throw new RangeError(`${reference.length} values compared with ${other.length}`);
  let [signal, noise] = [0, 0];
  for (let at = 0; at < reference.length; at++) {
    const value = reference[at]!;
    const error = value - other[at]!;
    signal += value * value;
    noise += error * error;
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}
