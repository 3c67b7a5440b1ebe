/**
 * Decimal digits to the nearest double, without a string.
 *
 * The digits are held as an unevaluated sum of two doubles, scaled by one exact power of ten with
 * error-free transformations, and accepted only if the remainder proves the rounding (Ziv's test);
 * the few values next to a rounding boundary are left to the caller.
 *
 * Sources: T. J. Dekker, "A floating-point technique for extending the available precision", 1971;
 * A. Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last bit",
 * 1991.
 */

/** 10^0 … 10^22: the powers of ten that a double holds exactly. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, exponent) =>
  Number(`1e${exponent}`),
);

/**
 * The double nearest to `digits × 10^exponent`, where the digits are the ASCII digits of
 * `bytes[start, end)`, a decimal point among them being passed over.
 *
 * @param exponent the power of ten of the last digit.
 * @returns NaN where this method cannot prove the result: more than 19 significant digits, an
 *   exponent beyond ±22, or a value too close to a rounding boundary.
 */
export function toNearestDouble(
  bytes: Uint8Array,
  start: number,
  end: number,
  exponent: number,
): number {
  if (exponent < -22 || exponent > 22) return Number.NaN;
  let high = 0;
  let low = 0;
  let lowDigits = 0;
  for (let position = start; position < end; position++) {
    const digit = (bytes[position] as number) ^ 48;
    if (digit > 9) continue;
    if (high < 1e14) high = high * 10 + digit;
    else if (++lowDigits > 4) return Number.NaN;
    else low = low * 10 + digit;
  }
  // high < 10^15 and low < 10^4: m + rest is the exact value of all digits.
  const shift = POWERS_OF_TEN[lowDigits] as number;
  const product = high * shift;
  const m = product + low;
  const rest = productError(high, shift, product) + (low - (m - product));
  if (exponent < 0) {
    const power = POWERS_OF_TEN[-exponent] as number;
    const quotient = m / power;
    const back = quotient * power;
    return round(quotient, (m - back - productError(quotient, power, back) + rest) / power);
  }
  const power = POWERS_OF_TEN[exponent] as number;
  const scaled = m * power;
  return round(scaled, productError(m, power, scaled) + rest * power);
}

/** `a + b` where the sum provably rounds as the exact value does; `b` is good to 2^-40 of itself. */
function round(a: number, b: number): number {
  const sum = a + b;
  const remainder = b - (sum - a);
  return sum + remainder * (1 + 2 ** -40) === sum ? sum : Number.NaN;
}

/** The exact rounding error of `product = a * b`. */
function productError(a: number, b: number, product: number): number {
  const scaledA = SPLITTER * a;
  const highA = scaledA - (scaledA - a);
  const lowA = a - highA;
  const scaledB = SPLITTER * b;
  const highB = scaledB - (scaledB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

const SPLITTER = 2 ** 27 + 1;
