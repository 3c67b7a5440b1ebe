/** Columns that are worked on at once: their rows stay in the processor's cache meanwhile. */
const BLOCK = 48;

/**
 * Solves A·x = b for several b by the Cholesky factorisation A = L·Lᵀ, in double precision and in
 * place.
 *
 * @param system rows of A, then each b as one more row: [size + count, size]. A is symmetric, and
 *   only its lower triangle is read. Each b becomes its x; A is of no use afterwards.
 * @returns the sum of bᵀ·x over all b; undefined if A is not positive definite.
 */
export function solveCholesky(system: Float64Array, size: number): number | undefined {
  const rows = system.length / size;
  // Under A, each b is treated like the rows of L, and becomes L⁻¹·b on the way.
  if (!eliminate(system, size, 0)) return undefined;
  let sum = 0;
  for (let at = size * size; at < system.length; at++) sum += system[at]! ** 2;
  // Lᵀ·x = L⁻¹·b is the same again, seen from the far corner.
  turnTriangle(system, size);
  for (let row = size; row < rows; row++) system.subarray(row * size, (row + 1) * size).reverse();
  eliminate(system, size, size);
  for (let row = size; row < rows; row++) system.subarray(row * size, (row + 1) * size).reverse();
  return Number.isFinite(sum) ? sum : undefined;
}

/**
 * `row[c] = (row[c] - Σ row[p]·L[c][p] over p < c) / L[c][c]` for the rows from `first` on, block by
 * block of columns. Among the first `size` rows, which become L, the diagonal is what is left under
 * a square root.
 */
function eliminate(system: Float64Array, size: number, first: number): boolean {
  const rows = system.length / size;
  for (let start = 0; start < size; start += BLOCK) {
    const end = Math.min(start + BLOCK, size);
    const from = Math.max(first, start);
    subtractProducts(system, size, { from, rows, start, end });
    for (let row = from; row < rows; row++) {
      const at = row * size;
      for (let column = start; column < Math.min(end, row + 1); column++) {
        let rest = system[at + column]!;
        for (let p = start; p < column; p++) rest -= system[at + p]! * system[column * size + p]!;
        if (column < row) system[at + column] = rest / system[column * size + column]!;
        else if (rest > 0) system[at + row] = Math.sqrt(rest);
        else return false;
      }
    }
  }
  return true;
}

interface Block {
  readonly from: number;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Subtracts from each row, in the columns of a block, its product with the rows of L up to the block.
 * Two rows by two columns at a time, as each number that is read is then used twice.
 */
function subtractProducts(
  system: Float64Array,
  size: number,
  { from, rows, start, end }: Block,
): void {
  for (let row = from; row < rows; row += 2) {
    const a = row * size;
    // Behind the last row, the last one once more: it is not written.
    const b = row + 1 < rows ? a + size : a;
    for (let column = start; column < end; column += 2) {
      const c = column * size;
      const d = column + 1 < end ? c + size : c;
      let ac = 0;
      let ad = 0;
      let bc = 0;
      let bd = 0;
      for (let p = 0; p < start; p++) {
        const fromA = system[a + p]!;
        const fromB = system[b + p]!;
        const fromC = system[c + p]!;
        const fromD = system[d + p]!;
        ac += fromA * fromC;
        ad += fromA * fromD;
        bc += fromB * fromC;
        bd += fromB * fromD;
      }
      system[a + column]! -= ac;
      if (d > c) system[a + column + 1]! -= ad;
      if (b > a) system[b + column]! -= bc;
      if (b > a && d > c) system[b + column + 1]! -= bd;
    }
  }
}

/** Mirrors the lower triangle at the other diagonal: rows of L become columns, last first. */
function turnTriangle(matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      const here = row * size + column;
      const there = (size - 1 - column) * size + (size - 1 - row);
      if (here >= there) continue;
      const value = matrix[here]!;
      matrix[here] = matrix[there]!;
      matrix[there] = value;
    }
}
