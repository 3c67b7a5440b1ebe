import { performance } from "node:perf_hooks";
import type { TensorSpec } from "@longshore/core";
import { makeRow, runRows, type MadeRow, type TriedModel } from "./madeRows.ts";
import { messageOf } from "./messageOf.ts";

/** Lengths tried for symbolic axes other than the batch axis, until a run succeeds. */
const AXIS_LENGTHS = [8, 1, 64, 224];
const PROOF_ROWS = 3;
const TIMED_RUNS = 15;
const TIMING_BUDGET_MS = 300;

/** Makes up rows that a model computes, or tells why it does not. Only the first is tried. */
export async function findRunnableRows(
  model: TriedModel,
  batchable: boolean,
): Promise<{ rows: MadeRow[] } | { error: string }> {
  let error = "";
  for (const length of AXIS_LENGTHS) {
    const rows = Array.from({ length: PROOF_ROWS }, (_, row) =>
      makeRow(model.signature, batchable, length, row),
    );
    try {
      await runRows(model, rows.slice(0, 1));
      return { rows };
    } catch (caught) {
      error = messageOf(caught);
    }
    const symbolic = (spec: TensorSpec): boolean =>
      spec.shape.slice(batchable ? 1 : 0).some((dimension) => typeof dimension === "string");
    if (!model.signature.inputs.some(symbolic)) break;
  }
  return { error };
}

/** Median milliseconds of a run with one row. */
export async function timeRuns(model: TriedModel, row: MadeRow): Promise<number> {
  const times: number[] = [];
  const end = performance.now() + TIMING_BUDGET_MS;
  do {
    const started = performance.now();
    await runRows(model, [row]);
    times.push(performance.now() - started);
  } while (times.length < TIMED_RUNS && performance.now() < end);
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}
