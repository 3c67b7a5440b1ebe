import { formatTimes } from "../../optimize/choose.ts";
import type { SearchRecord } from "../../optimize/record.ts";
import { formatBytes, formatCount } from "../table.ts";
import { formatDrop, formatMs, verdictOf, type Line } from "./words.ts";

/** A column of the table of what was measured. */
export interface Column {
  readonly title: string;
  readonly isText?: boolean;
  readonly cell: (line: Line) => string;
}

/**
 * The columns of the table of what was measured.
 *
 * @param format a value of the metric, in words.
 */
export function columnsOf(record: SearchRecord, format: (value: number) => string): Column[] {
  const { rules, candidates } = record;
  const batched = candidates.some(({ speed }) => speed?.serving !== undefined);
  return [
    { title: "candidate", isText: true, cell: ({ name }) => name },
    { title: rules.metric.split(" ", 1)[0]!, cell: ({ quality }) => format(quality!.value) },
    { title: "drop", cell: ({ quality }) => formatDrop(quality!.drop) },
    { title: "p50 ms", cell: ({ speed }) => formatMs(speed!.one.p50) },
    { title: "p99 ms", cell: ({ speed }) => formatMs(speed!.one.p99) },
    ...(batched ? [servingColumn(rules.batch)] : []),
    { title: "rows/s", cell: ({ speed }) => formatCount(Math.round(speed!.rowsPerSecond)) },
    { title: "speed", cell: ({ speed }) => formatTimes(speed!.speedup.median) },
    { title: "size", cell: ({ bytes }) => formatBytes(bytes!) },
    { title: "memory", cell: ({ memoryBytes }) => formatBytes(memoryBytes!) },
    { title: "verdict", isText: true, cell: (line) => verdictOf(line, record) },
  ];
}

function servingColumn(batch: number): Column {
  return {
    title: `p50 ms, ${batch} rows`,
    cell: ({ speed }) => (speed!.serving ? formatMs(speed!.serving.p50) : "one at a time"),
  };
}

/** Why a candidate was not timed, and what it loses where that is known. */
export function reasonOf({ reason, quality }: Line, format: (value: number) => string): string {
  return quality === undefined
    ? reason
    : `${reason}: ${format(quality.value)} (${formatDrop(quality.drop)})`;
}
