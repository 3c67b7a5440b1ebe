/** Some pixels of a row or column, and the cells that they are stretched over. */
export interface Span {
  /** First pixel, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Where they begin among the cells, and how many cells they fill; need not be whole. */
  readonly first: number;
  readonly length: number;
}

/**
 * The mean of an image in each cell of a grid: what of a pixel lies in a cell counts in it. Cells
 * that reach beyond the image see 0 there.
 *
 * @param values `[height, width]`.
 * @returns `[rows, columns]`.
 */
export function areaAverage(
  values: Uint8Array,
  width: number,
  grid: { readonly columns: number; readonly rows: number },
  across: Span,
  down: Span,
): Float32Array {
  const { columns, rows } = grid;
  const height = values.length / width;
  const lines = new Float64Array(height * columns);
  for (let column = 0; column < columns; column++) {
    for (const { pixel, share } of sharesOf(across, column, width))
      for (let y = 0; y < height; y++)
        lines[y * columns + column]! += values[y * width + pixel]! * share;
  }
  const cells = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (const { pixel, share } of sharesOf(down, row, height))
      for (let column = 0; column < columns; column++)
        cells[row * columns + column]! += lines[pixel * columns + column]! * share;
  }
  return Float32Array.from(cells);
}

/** The pixels under a cell, and what share of the cell each is. */
function sharesOf(
  { from, to, first, length }: Span,
  cell: number,
  count: number,
): { pixel: number; share: number }[] {
  const size = (to - from) / length;
  const start = from + (cell - first) * size;
  const end = start + size;
  const shares: { pixel: number; share: number }[] = [];
  for (let pixel = Math.max(0, Math.floor(start)); pixel < Math.min(count, end); pixel++)
    shares.push({ pixel, share: (Math.min(end, pixel + 1) - Math.max(start, pixel)) / size });
  return shares;
}
