import { medianWithInterval, quantile, type Interval } from "./interval.ts";

/** Milliseconds of single runs, in the rounds in which they were measured. */
export interface Timings {
  /** Runs with one row, a list a round. */
  readonly one: readonly (readonly number[])[];
  /** Runs with as many rows as the server puts together; empty for a model that cannot batch. */
  readonly serving: readonly (readonly number[])[];
}

/** Latency of a run, in milliseconds. */
export interface Latency {
  /** Rows of a run. */
  readonly batch: number;
  readonly p50: number;
  readonly p99: number;
  /** How many runs that is from. */
  readonly runs: number;
}

/** How fast a model is on this machine. */
export interface Speed {
  readonly one: Latency;
  /** Undefined for a model that cannot batch. */
  readonly serving: Latency | undefined;
  /** Rows a second, at the better of the two batch sizes. */
  readonly rowsPerSecond: number;
  /**
   * How many times as fast as the original: the geometric mean of the ratios at one row and at the
   * serving batch (a row's share of it), each taken within a round, the median over the rounds.
   */
  readonly speedup: Interval;
  readonly rounds: number;
}

/**
 * Sums up what was measured.
 *
 * @param batch rows of a serving run.
 * @param original timings of the original in the same rounds; those of a model that was measured in
 *   fewer rounds are compared with the original's first ones.
 */
export function toSpeed(timings: Timings, original: Timings, batch: number): Speed {
  const one = toLatency(timings.one, 1);
  const serving = timings.serving.length > 0 ? toLatency(timings.serving, batch) : undefined;
  const rates = [one, ...(serving ? [serving] : [])].map(
    ({ batch: rows, p50 }) => (1000 * rows) / p50,
  );
  return {
    one,
    serving,
    rowsPerSecond: Math.max(...rates),
    speedup: medianWithInterval(speedups(timings, original, batch)),
    rounds: timings.one.length,
  };
}

/** The ratio to the original in each round that both were measured in. */
export function speedups(timings: Timings, original: Timings, batch: number): number[] {
  const rounds = Math.min(timings.one.length, original.one.length);
  return Array.from({ length: rounds }, (_, round) => {
    const atOne = medianOf(original.one[round]!) / medianOf(timings.one[round]!);
    // A row of a model that cannot batch costs a whole run, also where the server has many rows.
    const atServing = rowMs(original, round, batch) / rowMs(timings, round, batch);
    return Math.sqrt(atOne * atServing);
  });
}

function rowMs({ one, serving }: Timings, round: number, batch: number): number {
  const runs = serving[round];
  return runs === undefined ? medianOf(one[round]!) : medianOf(runs) / batch;
}

function toLatency(rounds: readonly (readonly number[])[], batch: number): Latency {
  const sorted = rounds.flat().toSorted((a, b) => a - b);
  return { batch, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), runs: sorted.length };
}

function medianOf(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
