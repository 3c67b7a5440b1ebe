import { fail } from "@longshore/core";

/** A line of a JSONL file: its value, and its own text, in which every digit is kept. */
export interface JsonLine {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly text: string;
  readonly value: unknown;
}

/**
 * Reads JSON Lines: one JSON value a line; empty lines are skipped.
 *
 * @param file what error messages call the data.
 * @throws LongshoreError DATA_INVALID with the line.
 */
export function readJsonLines(text: string, file: string): JsonLine[] {
  const lines: JsonLine[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const line = raw.trim();
    if (line === "") continue;
    lines.push({
      line: index + 1,
      text: line,
      value: parseJson(line, file, `line ${index + 1}: `),
    });
  }
  return lines;
}

/** Parses JSON. @throws LongshoreError DATA_INVALID */
export function parseJson(text: string, file: string, where = ""): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail("DATA_INVALID", { file, problem: `${where}${(error as SyntaxError).message}` });
  }
}
