import { fail, LongshoreError, type Infer } from "@longshore/core";
import { newNotes, type Flag } from "@longshore/core/pipeline";
import { toSeries, type Series } from "@longshore/core/profile";
import type { OpenBundle } from "../../processing/bundle.ts";
import type { Training } from "./readTraining.ts";
import { sliceFrame } from "./sliceFrame.ts";

/** What a bundle answers to rows, as far as statistics can be kept of it. */
export interface Answers {
  /** Rows that it answered. */
  readonly rows: number;
  readonly series: ReadonlyMap<string, Series>;
  /** Rows that it flagged, by rule. */
  readonly flagged: ReadonlyMap<string, number>;
  /** Rows that it refused, and the reason of the first. */
  readonly refused: number;
  readonly refusal: string | undefined;
}

/** Rows of a run: enough to be fast, few enough for images. */
const CHUNK = 64;

/**
 * Sends rows through a bundle's pipeline and model.
 *
 * @param infer the model, for any number of rows.
 * @throws LongshoreError DATA_INVALID for a row that a server could not answer.
 */
export async function answerRows(
  { pipeline }: OpenBundle,
  infer: Infer,
  { frame, file, lines }: Training,
): Promise<Answers> {
  const isText = (name: string): boolean => pipeline.outputs[name]?.type === "text";
  const parts: ReadonlyMap<string, Series>[] = [];
  const flags: Flag[] = [];
  let [answered, refused] = [0, 0];
  let refusal: string | undefined;
  const answer = async (from: number, to: number): Promise<void> => {
    const rows = to - from;
    const notes = newNotes();
    const inputs = await pipeline.before(sliceFrame(frame, from, to), notes);
    const { outputs } = await infer({ inputs }, {});
    const { columns } = await pipeline.after(inputs, outputs, rows, notes);
    answered += rows;
    parts.push(toSeries(columns, pipeline.answer, isText));
    flags.push(...notes.flags.map((flag) => ({ ...flag, row: flag.row + from })));
  };
  for (let from = 0; from < frame.rows; from += CHUNK) {
    const to = Math.min(frame.rows, from + CHUNK);
    try {
      await answer(from, to);
    } catch (error) {
      if (!(error instanceof LongshoreError)) throw error;
      // One row spoils the call for all: they are asked one by one.
      for (let row = from; row < to; row++) {
        try {
          await answer(row, row + 1);
        } catch (cause) {
          if (!(cause instanceof LongshoreError)) throw cause;
          const problem = `line ${lines[row]}: ${cause.message}`;
          if (cause.code !== "REJECTED") throw fail("DATA_INVALID", { file, problem });
          refused++;
          refusal ??= problem;
        }
      }
    }
  }
  const series = joinSeries(parts);
  return { rows: answered, series, flagged: countRows(flags), refused, refusal };
}

/** How many rows each rule flagged. */
function countRows(flags: readonly Flag[]): Map<string, number> {
  const byRule = Map.groupBy(flags, ({ rule }) => rule);
  return new Map([...byRule].map(([rule, own]) => [rule, new Set(own.map(({ row }) => row)).size]));
}

function joinSeries(parts: readonly ReadonlyMap<string, Series>[]): Map<string, Series> {
  // A tensor whose shape differs from call to call has one element in some of them by chance.
  const names = [...(parts[0]?.keys() ?? [])].filter((name) =>
    parts.every((part) => part.has(name)),
  );
  return new Map(
    names.map((name): [string, Series] => {
      const all = parts.map((part) => part.get(name)!);
      const { kind } = all[0]!;
      if (kind !== "numbers") {
        const values = all.flatMap((each) => each.values as readonly (string | null)[]);
        return [name, { kind, values }];
      }
      const values = new Float64Array(all.reduce((sum, each) => sum + each.values.length, 0));
      let at = 0;
      for (const each of all) {
        values.set(each.values as Float64Array, at);
        at += each.values.length;
      }
      return [name, { kind, values }];
    }),
  );
}
