/** What MatMulNBits means by its operands, read one weight at a time: slow, and hard to get wrong. */

export interface StoredBlocks {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeroPoints?: Uint8Array | undefined;
}

/**
 * The weights that blocks stand for, [rows, columns] of the matrix whose rows were quantised
 * (columns of the product's right factor).
 */
export function dequantizeBlocks(
  { codes, scales, zeroPoints }: StoredBlocks,
  rows: number,
  columns: number,
  { bits, blockSize }: { readonly bits: number; readonly blockSize: number },
): Float32Array {
  const blocks = Math.ceil(columns / blockSize);
  const read = (bytes: Uint8Array, at: number): number =>
    bits === 8 ? bytes[at]! : at % 2 === 0 ? bytes[at / 2]! % 16 : bytes[(at - 1) / 2]! >> 4;
  const codeBytes = codes.length / (rows * blocks);
  const pointBytes = zeroPoints ? zeroPoints.length / rows : 0;
  const weights = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const inRow = Math.floor(column / blockSize);
      const block = row * blocks + inRow;
      const code = read(codes.subarray(block * codeBytes), column % blockSize);
      const zeroPoint = zeroPoints
        ? read(zeroPoints.subarray(row * pointBytes), inRow)
        : 2 ** (bits - 1);
      weights[row * columns + column] = (code - zeroPoint) * scales[block]!;
    }
  return weights;
}
