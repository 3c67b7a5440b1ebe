import { roundClamped } from "./round.ts";
import { asymmetricAffine, toScale, type Affine } from "./scale.ts";

/** How weights are put into blocks. */
export interface BlockOptions {
  readonly bits: 4 | 8;
  /** Neighbouring weights that share a scale. */
  readonly blockSize: number;
  /** With a fixed zero point in the middle, else one of its own for each block. */
  readonly symmetric: boolean;
}

/**
 * A matrix in blocks along its rows: `weight = (code - zeroPoint) * scale`. A row's last block is
 * filled up with zeros.
 */
export interface QuantizedBlocks {
  /** Codes of `bits` bits, lowest first, each block on bytes of its own: [rows, blocks, bytes]. */
  readonly codes: Uint8Array;
  /** [rows, blocks]. May be negative: see {@link symmetricAffine}. */
  readonly scales: Float32Array;
  /** Packed as the codes, each row on bytes of its own; absent where all are `2 ** (bits - 1)`. */
  readonly zeroPoints?: Uint8Array;
  /** Blocks of a row. */
  readonly blocks: number;
}

/**
 * Quantises each row of a matrix in blocks, as com.microsoft.MatMulNBits stores them. Every weight
 * is off by half its scale at most.
 *
 * @param weights [rows, columns]
 * @throws RangeError for weights that are not finite; see {@link allFinite}.
 */
export function quantizeBlocks(
  weights: Float32Array,
  rows: number,
  columns: number,
  { bits, blockSize, symmetric }: BlockOptions,
): QuantizedBlocks {
  const blocks = Math.ceil(columns / blockSize);
  const codes = new Uint8Array(rows * blocks * packedBytes(blockSize, bits));
  const scales = new Float32Array(rows * blocks);
  const pointBytes = packedBytes(blocks, bits);
  const zeroPoints = new Uint8Array(rows * pointBytes);
  const high = 2 ** bits - 1;
  const integers = new Uint8Array(blockSize);
  for (let row = 0, block = 0; row < rows; row++) {
    const points = new Uint8Array(blocks);
    for (let column = 0; column < columns; column += blockSize, block++) {
      const start = row * columns + column;
      const part = weights.subarray(start, start + Math.min(blockSize, columns - column));
      const { min, max } = extremes(part);
      const affine = symmetric
        ? symmetricAffine(min, max, bits)
        : asymmetricAffine(min, max, { low: 0, high });
      const { scale, zeroPoint } = affine;
      // What a short last block leaves over: 0 as a real.
      integers.fill(zeroPoint, part.length);
      for (let at = 0; at < part.length; at++)
        integers[at] = roundClamped(part[at]! / scale + zeroPoint, 0, high);
      pack(integers, bits, codes, block * packedBytes(blockSize, bits));
      scales[block] = scale;
      points[block % blocks] = zeroPoint;
    }
    pack(points, bits, zeroPoints, row * pointBytes);
  }
  return { codes, scales, blocks, ...(!symmetric && { zeroPoints }) };
}

/**
 * Codes around a zero point in the middle reach one step further down than up. A negative scale
 * turns that round, so the longer side of the range gets the longer side of the codes.
 */
function symmetricAffine(min: number, max: number, bits: number): Affine {
  const zeroPoint = 2 ** (bits - 1);
  const upright = Math.max(-min / zeroPoint, max / (zeroPoint - 1));
  const reversed = Math.max(max / zeroPoint, -min / (zeroPoint - 1));
  return { scale: toScale(upright <= reversed ? upright : -reversed), zeroPoint };
}

/** Smallest and largest, 0 among them. */
function extremes(values: Float32Array): { min: number; max: number } {
  let [min, max] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    min = Math.min(min, values[at]!);
    max = Math.max(max, values[at]!);
  }
  if (!Number.isFinite(min) || !Number.isFinite(max))
    throw new RangeError("a weight is not finite");
  return { min, max };
}

function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/** Writes codes of 4 or 8 bits, the first in the low half of the first byte. */
function pack(values: Uint8Array, bits: number, to: Uint8Array, offset: number): void {
  if (bits === 8) return to.set(values, offset);
  for (let at = 0; at < values.length; at++)
    to[offset + (at >> 1)]! |= values[at]! << (4 * (at & 1));
}
