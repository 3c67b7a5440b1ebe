/** The largest product of what 8-bit integers stand for: u8 less its zero point, and s8. */
const LARGEST_PRODUCT = 255 * 127;

/** Where sums of products end. */
const INT32_MAX = 2 ** 31 - 1;

/** What a quantised bias stays within but for rounding: the other half of the sums is the products'. */
export const BIAS_LIMIT: number = 2 ** 30;

/**
 * Why products of 8-bit integers cannot be added up in 32 bits; undefined if they can, whatever they
 * are.
 *
 * @param products how many are added into one sum.
 * @param others the largest magnitude of what else is added to it, such as {@link BIAS_LIMIT}.
 */
export function sumObstacle(products: number, others = 0): string | undefined {
  return products * LARGEST_PRODUCT + others > INT32_MAX
    ? `the sum of ${products} products may not fit in 32 bits`
    : undefined;
}
