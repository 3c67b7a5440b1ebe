/**
 * The value that a chi-squared distribution stays below with this probability: what the squared
 * Mahalanobis distance of rows of a normal distribution stays below.
 *
 * @param degrees of freedom, positive.
 * @param probability in (0, 1).
 */
export function chiSquaredQuantile(degrees: number, probability: number): number {
  let low = 0;
  let high = degrees + 1;
  while (chiSquaredBelow(degrees, high) < probability) high *= 2;
  // Halving ends when no number is left between the two.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (chiSquaredBelow(degrees, middle) < probability) low = middle;
    else high = middle;
  }
}

/** The probability that a chi-squared variable is below a value. */
export function chiSquaredBelow(degrees: number, value: number): number {
  return regularizedGamma(degrees / 2, value / 2);
}

/**
 * The regularised lower incomplete gamma function P(a, x): the power series of DLMF 8.7.1 where it
 * converges fast, else one minus the continued fraction of DLMF 8.9.2.
 */
function regularizedGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  const factor = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * Number.EPSILON; n++) sum += term *= x / (a + n);
    return factor * sum;
  }
  // From the inside out: deep enough that further levels change nothing.
  let fraction = 0;
  for (let n = 200 + Math.ceil(10 * Math.sqrt(a)); n >= 1; n--)
    fraction = (n * (n - a)) / (x + 2 * n + 1 - a - fraction);
  return 1 - factor / (x + 1 - a - fraction);
}

/** ln Γ(x) for x > 0: Stirling's series (DLMF 5.11.1), after Γ(x + 1) = x Γ(x) has made x large. */
function logGamma(x: number): number {
  let shift = 0;
  let large = x;
  for (; large < 15; large++) shift += Math.log(large);
  const inverse = 1 / (large * large);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / large;
  return (large - 0.5) * Math.log(large) - large + Math.log(2 * Math.PI) / 2 + series - shift;
}
