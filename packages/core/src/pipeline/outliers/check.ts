import type { Frame } from "../frame.ts";
import type { Rule } from "./rules.ts";

/** A rule about one field, or about rows as a whole, ready for calls. */
export interface Check {
  readonly rule: Rule["rule"];
  readonly action: Exclude<Rule["action"], "pass">;
  /** Absent where it is about rows as a whole. */
  readonly field?: string;
  /** What is put in place of a bad value: with the action `default`, and only with it. */
  readonly substitute?: number | string;
  /** The rows that break the rule, in their order. */
  find(frame: Frame): readonly Finding[];
}

/** A row that breaks a rule, and how. */
export interface Finding {
  readonly row: number;
  /** In words, with the value and what was expected: `"age" is 300, expected 0 to 120`. */
  readonly message: string;
}

const NONE: readonly Finding[] = [];

/** @param tell what is wrong with a row, if something is. */
export function findRows(
  rows: number,
  tell: (row: number) => string | undefined,
): readonly Finding[] {
  let findings: Finding[] | undefined;
  for (let row = 0; row < rows; row++) {
    const message = tell(row);
    if (message !== undefined) (findings ??= []).push({ row, message });
  }
  return findings ?? NONE;
}

/** A number as messages show it. */
export function formatNumber(value: number): string {
  return Number.isNaN(value) ? "missing" : String(Number(value.toPrecision(6)));
}
