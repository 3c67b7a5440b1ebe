import type { Tensors } from "@longshore/core";
import type { RunnableModel } from "@longshore/onnx";
import type { Samples } from "./samples.ts";

/** A turn lasts about so long, or until there were so many runs, and never less than one run. */
const TURN_MS = 60;
const TURN_RUNS = 200;
const WARM_UP_RUNS = 3;

/** Inputs of a run with one row, and of one with as many as the server puts together. */
export interface TimedRows {
  readonly one: Tensors;
  readonly serving: Tensors;
}

/**
 * Takes rows of the samples to time runs with. Where there are fewer rows than a run takes, or they
 * differ in shape, rows are there several times.
 */
export async function takeRows(
  samples: Samples,
  rows: readonly number[],
  batch: number,
): Promise<TimedRows> {
  const [first = 0] = rows;
  const one = await firstBatch(samples, [first], 1);
  const wanted = Array.from({ length: batch }, (_, index) => rows[index % rows.length]!);
  const mixed = await firstBatch(samples, wanted, batch);
  const same = Array.from({ length: batch }, () => first);
  const serving = rowsOf(mixed) === batch ? mixed : await firstBatch(samples, same, batch);
  return { one, serving };
}

async function firstBatch(
  samples: Samples,
  rows: readonly number[],
  size: number,
): Promise<Tensors> {
  // A model with a fixed first axis takes just so many, and these are "one row" then.
  const enough = samples.fixedRows === undefined ? rows : repeat(rows, samples.fixedRows);
  for await (const { tensors } of samples.batches(enough, size)) return tensors;
  throw new RangeError("the samples gave no rows");
}

function repeat(rows: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, index) => rows[index % rows.length]!);
}

function rowsOf(tensors: Tensors): number {
  const [tensor] = tensors.values();
  return tensor?.shape[0] ?? 1;
}

/** Runs a model a few times, so that memory is allocated and kernels are chosen. */
export async function warmUp(model: RunnableModel, inputs: Tensors): Promise<void> {
  for (let run = 0; run < WARM_UP_RUNS; run++) await model.run(inputs);
}

/**
 * Milliseconds of each run. The first one, which finds cold caches, does not count, unless it is so
 * long that these do not matter.
 */
export async function timeRuns(model: RunnableModel, inputs: Tensors): Promise<number[]> {
  const started = performance.now();
  await model.run(inputs);
  let now = performance.now();
  if (now - started >= TURN_MS) return [now - started];
  const times: number[] = [];
  const end = now + TURN_MS;
  do {
    await model.run(inputs);
    const after = performance.now();
    times.push(after - now);
    now = after;
  } while (now < end && times.length < TURN_RUNS);
  return times;
}
