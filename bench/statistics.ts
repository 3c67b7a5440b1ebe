/** Numbers collected on a hot path: one typed array that grows by doubling. */
export class Samples {
  private values = new Float64Array(1 << 12);
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(value: number): void {
    if (this.count === this.values.length) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.count++] = value;
  }

  /** The values in ascending order; ends the collecting. */
  sorted(): Float64Array {
    return this.values.subarray(0, this.count).sort();
  }
}

/** The value that a share of an ascending list does not exceed (nearest rank); 0 of nothing. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** The middle one of a few repeated measurements. */
export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
