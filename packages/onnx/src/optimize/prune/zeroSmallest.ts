/**
 * Sets the floating-point numbers nearest to zero to zero, in place and in linear time: without its
 * sign, the bit pattern of an IEEE 754 number grows with its size, so counting twice by 16 bits finds
 * the largest that goes. Of equals, the first go. NaN counts as largest.
 *
 * @param patterns bit patterns of FP32, or of FP16 or BF16.
 * @param count how many are zero in the end, those that are already included.
 * @returns how many have changed.
 */
export function zeroSmallest(patterns: Uint32Array | Uint16Array, count: number): number {
  if (count === 0) return 0;
  const size = patterns instanceof Uint32Array ? 0x7fff_ffff : 0x7fff;
  const upper = countDigits(patterns, (pattern) => (pattern & size) >>> 16);
  const { digit: high, below } = findRank(upper, count);
  const lower = countDigits(patterns, (pattern) =>
    (pattern & size) >>> 16 === high ? pattern & size & 0xffff : undefined,
  );
  const { digit: low, below: smaller } = findRank(lower, count - below);
  const last = high * 2 ** 16 + low;
  let equals = count - below - smaller;
  let changed = 0;
  for (let at = 0; at < patterns.length; at++) {
    const here = patterns[at]! & size;
    if (here > last || (here === last && equals-- <= 0)) continue;
    if (here > 0) changed += 1;
    patterns[at] = 0;
  }
  return changed;
}

/** How often each 16-bit digit occurs; `undefined` is not counted. */
function countDigits(
  patterns: Uint32Array | Uint16Array,
  digitOf: (pattern: number) => number | undefined,
): Uint32Array {
  const counts = new Uint32Array(2 ** 16);
  for (let at = 0; at < patterns.length; at++) {
    const digit = digitOf(patterns[at]!);
    if (digit !== undefined) counts[digit]! += 1;
  }
  return counts;
}

/** The digit at a rank, counted from 1, and how many are smaller than it. */
function findRank(counts: Uint32Array, rank: number): { digit: number; below: number } {
  let [digit, below] = [0, 0];
  for (; below + counts[digit]! < rank; digit++) below += counts[digit]!;
  return { digit, below };
}
