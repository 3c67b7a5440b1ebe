/**
 * A number with six decimals, as `%f` of C writes it: ties go to the even digit, every digit of a
 * large number is there.
 */
export function formatFixed(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  if (Object.is(value, -0)) return "-0.000000";
  // From here on, `toFixed` would give an exponent; such numbers are integers.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  const rounded = value.toFixed(6);
  // Only odd multiples of 1/128 lie in the middle of two texts; `toFixed` rounds them away from 0.
  if (Math.abs((value * 128) % 2) !== 1) return rounded;
  const lower = value.toFixed(7).slice(0, -1);
  return Number(lower.at(-1)) % 2 === 0 ? lower : rounded;
}
