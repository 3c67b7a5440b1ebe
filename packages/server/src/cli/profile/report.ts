import type { ColumnProfile, Profile } from "@longshore/core/profile";
import { formatCount, formatTable, printable } from "../table.ts";
import type { ProfiledData } from "./profileData.ts";

/**
 * What was found, a line a column, and what the bundle thinks of its own training data.
 *
 * @param fields of the bundle's inputs.
 */
export function describeProfile(
  { profile, answers }: ProfiledData,
  fields: readonly string[],
): string {
  const { rows, inputs, outputs } = profile;
  const parts = [countOf(rows), tableOf("input", inputs), tableOf("output", outputs)];
  const without = fields.filter((name) => !Object.hasOwn(inputs, name));
  if (without.length > 0)
    parts.push(`no statistics are kept of ${without.map(printable).join(", ")}`);
  for (const [rule, count] of answers.flagged) {
    const share = ((100 * count) / rows).toFixed(1);
    parts.push(`the rule "${printable(rule)}" flags ${countOf(count)} (${share} %)`);
  }
  const { refused, refusal = "" } = answers;
  if (refused > 0) {
    const answerless = `the bundle refuses ${countOf(refused)}, without an answer to count`;
    parts.push(`${answerless}; ${printable(refusal)}`);
  }
  return parts.filter((part) => part !== "").join("\n\n");
}

function countOf(rows: number): string {
  return `${formatCount(rows)} ${rows === 1 ? "row" : "rows"}`;
}

function tableOf(what: string, columns: Profile["inputs"]): string {
  const lines = Object.entries(columns).map(([name, column]) => [
    name,
    column.missing,
    ...valuesOf(column),
  ]);
  if (lines.length === 0) return "";
  return formatTable(lines, [what, "missing", "min", "mean", "max", ""]);
}

function valuesOf({ numbers, categories, lengths }: ColumnProfile): string[] {
  const summary = numbers ?? lengths;
  if (summary !== undefined) {
    const { min, mean, max } = summary;
    return [...[min, mean, max].map(short), lengths === undefined ? "" : "characters"];
  }
  if (categories === undefined) return [];
  const counts = Object.entries(categories.counts).map(([name, count]) => `${name} ${count}`);
  const shown = counts.slice(0, SHOWN);
  const rest = counts.length - shown.length + (categories.other > 0 ? 1 : 0);
  return ["", "", "", `${shown.join(", ")}${rest > 0 ? ", …" : ""}`];
}

const SHOWN = 5;

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
