/** A Markdown table, ready for a README; cells that begin with a figure are set flush right. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((name, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), name.length),
  );
  const toLine = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(cells[column] ?? "", width)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [header, rule, ...rows].map(toLine).join("\n");
}

function pad(cell: string, width: number): string {
  return /^[\d≤≥-]/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}
