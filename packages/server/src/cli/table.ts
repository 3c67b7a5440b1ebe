/** What a table can show in one place. */
export type Cell = string | number;

/**
 * Lines text up in columns, two spaces apart. Columns of numbers are set flush right.
 *
 * ```text
 * input     type  rows
 * pixels    FP32    12
 * ```
 *
 * @param header column names, if any.
 * @returns lines without a line break at the end; `""` where there is nothing to show.
 */
export function formatTable(
  rows: readonly (readonly Cell[])[],
  header?: readonly string[],
): string {
  const body = rows.map((row) => row.map((cell) => printable(String(cell))));
  const lines = header === undefined ? body : [header.map(printable), ...body];
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    lines.reduce((width, line) => Math.max(width, widthOf(line[column] ?? "")), 0),
  );
  const numeric = widths.map(
    (_, column) => body.length > 0 && body.every((line) => isNumber(line[column])),
  );
  return lines
    .map((line) =>
      widths
        .map((width, column) => {
          const text = line[column] ?? "";
          const padding = " ".repeat(width - widthOf(text));
          return numeric[column] ? padding + text : text + padding;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * Text that is safe on a terminal: names and strings out of a model or a data file may hold line
 * breaks and escape sequences, which are shown as `\u{1b}` here.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Control characters, and those that reorder text (bidirectional overrides). */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** `1,234,567`, as sizes and counts are shown. */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString("en-US");
}

/** `812`, `20.5 k`, `8.2 G`: with a decimal prefix. */
export function formatQuantity(count: number): string {
  if (count < 1000) return `${count}`;
  const power = Math.min(5, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value.toFixed(value < 100 ? 1 : 0)} ${["", "k", "M", "G", "T", "P"][power]}`;
}

/** `512 bytes`, `20.5 KiB`, `1.3 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value.toFixed(value < 100 ? 1 : 0)} ${["", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

function widthOf(text: string): number {
  let width = 0;
  for (const _ of text) width++;
  return width;
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^-?[\d,]*\.?\d+(e[+-]?\d+)?$/i.test(text);
}
