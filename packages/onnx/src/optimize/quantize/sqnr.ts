/** Sums of squares: of a reference's values, and of what other values differ from them. */
export interface Power {
  signal: number;
  noise: number;
}

/**
 * Adds the values of two lists. The noise is infinite where their lengths differ, or where a value
 * that is infinite or no number in one of them is not the same in the other.
 */
export function addPower(
  power: Power,
  reference: ArrayLike<number>,
  other: ArrayLike<number>,
): void {
  if (other.length !== reference.length) power.noise = Number.POSITIVE_INFINITY;
  for (let at = 0; at < reference.length; at++) {
    const [value, got] = [reference[at]!, other[at]!];
    // What is infinite or no number in the reference has no power: it is kept or it is not.
    if (Object.is(got, value)) power.signal += Number.isFinite(value) ? value * value : 0;
    else if (!Number.isFinite(value) || !Number.isFinite(got))
      power.noise = Number.POSITIVE_INFINITY;
    else {
      power.signal += value * value;
      power.noise += (value - got) ** 2;
    }
  }
}

/** `10 · log10(signal / noise)`; Infinity where there is no noise. */
export function decibels({ signal, noise }: Power): number {
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}

/**
 * Signal to quantisation noise ratio in dB: `10 · log10(Σ reference² / Σ (reference - other)²)`.
 * Six more are about one bit more. Infinity where both are equal; -Infinity where the reference is
 * all zeros and the other is not, or where numbers are lost.
 *
 * @throws RangeError for lists of different lengths.
 */
export function sqnr(reference: ArrayLike<number>, other: ArrayLike<number>): number {
  if (reference.length !== other.length)
    throw new RangeError(`${reference.length} values compared with ${other.length}`);
  const power = { signal: 0, noise: 0 };
  addPower(power, reference, other);
  return decibels(power);
}
