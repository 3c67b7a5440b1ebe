/**
 * FP16: IEEE 754 half precision, kept as bit patterns: 1 sign, 5 exponent, 10 fraction bits.
 */

const scratch = new DataView(new ArrayBuffer(4));

/** The bit pattern nearest to a number, ties to even; beyond 65504 it is infinite. */
export function toFloat16(value: number): number {
  scratch.setFloat32(0, value);
  const sign = (scratch.getUint32(0) >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  // Below 2^-14 every step is 2^-24 wide, above it 2^(exponent - 10).
  const exponent = size < 2 ** -14 ? -14 : exponentOf(size);
  const steps = roundEven(size / 2 ** (exponent - 10));
  // Adding instead of joining lets a fraction that was rounded up carry into the exponent.
  return sign | (size < 2 ** -14 ? steps : ((exponent + 15) << 10) + steps - 1024);
}

/** The number that a bit pattern means. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Of a size from 2^-14 to 2^16. */
function exponentOf(size: number): number {
  let exponent = Math.floor(Math.log2(size));
  // log2 may round up to a whole number just below a power of two.
  if (2 ** exponent > size) exponent -= 1;
  return exponent;
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
