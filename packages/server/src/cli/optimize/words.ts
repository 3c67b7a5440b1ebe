import type { Candidate } from "../../optimize/candidate.ts";
import type { SearchRecord } from "../../optimize/record.ts";

/** A candidate as it stands in a record. */
export type Line = SearchRecord["candidates"][number];

/** `+0.0050` for a loss, `-0.0012` for a gain; what rounds to nothing has no sign. */
export function formatDrop(drop: number): string {
  if (!Number.isFinite(drop)) return "+∞";
  const text = Math.abs(drop).toFixed(4);
  if (Number(text) === 0) return text;
  return drop > 0 ? `+${text}` : `-${text}`;
}

/** Milliseconds with three significant digits. */
export function formatMs(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3);
}

/** What became of a candidate, in a few words. */
export function verdictOf(line: Line, record: SearchRecord): string {
  if (line.name === record.chosen.name) return "recommended";
  if (line.status !== "measured") return STATUS[line.status];
  if ((line.quality?.drop ?? 0) > record.rules.maxDrop) return "loses too much";
  return record.front.includes(line.name) ? "on the front" : "";
}

const STATUS: Readonly<Record<Exclude<Candidate["status"], "measured">, string>> = {
  notApplicable: "not applicable",
  rejected: "loses too much",
  failed: "failed",
};

/** Those whose speed was measured, and the others, which only have a reason. */
export function splitLines(record: SearchRecord): { measured: Line[]; others: Line[] } {
  const { measured = [], others = [] } = Object.groupBy(record.candidates, ({ status }) =>
    status === "measured" ? "measured" : "others",
  );
  return { measured, others };
}
