/**
 * bfloat16: the upper half of a single-precision number.
 *
 * Source: ONNX `TensorProto.DataType.BFLOAT16`; rounding is IEEE 754 round-to-nearest-even.
 */

const SINGLE = new Float32Array(1);
const BITS = new Uint32Array(SINGLE.buffer);

/** Bit pattern of the bfloat16 nearest to a double; ±infinity where it is too large for one. */
export function toBfloat16(value: number): number {
  SINGLE[0] = value;
  const single = SINGLE[0] as number;
  let bits = BITS[0] as number;
  if (single !== single) return 0x7fc0;
  if (!Number.isFinite(single)) return bits >>> 16;
  // Rounding twice would err where the single lies on a midpoint only by its own rounding: so the
  // single is cut instead, and its last bit stands for everything that was cut off.
  if (single !== value) {
    if (Math.abs(single) > Math.abs(value)) bits -= 1;
    bits |= 1;
  }
  const lower = bits & 0xffff;
  const upper = bits >>> 16;
  const up = lower > 0x8000 || (lower === 0x8000 && (upper & 1) === 1);
  return up ? upper + 1 : upper;
}

/** The number that a bfloat16 bit pattern stands for. */
export function fromBfloat16(bits: number): number {
  BITS[0] = bits * 65_536;
  return SINGLE[0] as number;
}
