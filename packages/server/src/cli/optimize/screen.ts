import type { SearchRecord } from "../../optimize/record.ts";
import { formatCount, formatTable } from "../table.ts";
import { columnsOf, reasonOf } from "./columns.ts";
import { splitLines, verdictOf } from "./words.ts";

/** What the command prints: the table, what could not be measured, and what is recommended. */
export function toScreen(record: SearchRecord, format: (value: number) => string): string {
  const { measured, others } = splitLines(record);
  const { rules, data, machine, chosen } = record;
  const columns = columnsOf(record, format);
  const threads = rules.threads === 1 ? "one thread" : `${rules.threads} threads`;
  return [
    `${rules.metric}, on ${formatCount(data.evaluationRows)} rows; ${threads} of ${machine.cpu}`,
    formatTable(
      measured.map((line) => columns.map(({ cell }) => cell(line))),
      columns.map(({ title }) => title),
    ),
    ...(others.length === 0
      ? []
      : [
          formatTable(
            others.map((line) => [line.name, verdictOf(line, record), reasonOf(line, format)]),
            ["not timed", "verdict", "reason"],
          ),
        ]),
    `Recommended: ${chosen.name}, ${chosen.reason}.`,
  ].join("\n\n");
}
