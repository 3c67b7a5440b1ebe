/** At this size, neighbouring doubles are whole numbers. */
const WHOLE = 1.5 * 2 ** 52;

/**
 * The nearest whole number, halves to the even one, as IEEE 754 and ONNX's QuantizeLinear round.
 * For magnitudes below 2^51.
 */
export function roundHalfEven(value: number): number {
  return value + WHOLE - WHOLE;
}

/** The nearest whole number between two others, halves to the even one; also for infinities. */
export function roundClamped(value: number, low: number, high: number): number {
  return roundHalfEven(Math.min(Math.max(value, low), high));
}
