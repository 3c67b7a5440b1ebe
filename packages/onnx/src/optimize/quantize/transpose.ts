/** Rows and columns of a tile: 32 of each stay in the first-level cache. */
const TILE = 32;

/** A matrix with its axes exchanged: [rows, columns] to [columns, rows]. */
export function transpose<T extends Float32Array | Int8Array>(
  matrix: T,
  rows: number,
  columns: number,
): T {
  const made = new (matrix.constructor as new (length: number) => T)(matrix.length);
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE)
      for (let row = top; row < Math.min(top + TILE, rows); row++)
        for (let column = left; column < Math.min(left + TILE, columns); column++)
          made[column * rows + row] = matrix[row * columns + column]!;
  return made;
}
