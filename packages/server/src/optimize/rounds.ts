import { medianWithInterval } from "./interval.ts";
import { speedups, type Timings } from "./speed.ts";

/** A model that can be timed. */
export interface Timed {
  readonly name: string;
  /**
   * Runs it for a moment.
   *
   * @throws Error if it fails or dies: it is then measured no more.
   */
  turn(): Promise<Turn>;
}

/** Milliseconds of the runs of one turn. */
export interface Turn {
  /** With one row. */
  readonly one: readonly number[];
  /** With as many rows as the server puts together; undefined where it cannot batch. */
  readonly serving: readonly number[] | undefined;
}

export interface RoundsOptions {
  /** Rounds at most. */
  readonly rounds: number;
  /** Rows of a serving run. */
  readonly batch: number;
  /** Told before each round, of the number of models in it. */
  readonly onRound?: (round: number, models: number) => void;
  /** Told of each model that failed. */
  readonly onFailure: (name: string, error: Error) => void;
}

/** Fewer rounds tell nothing: it is from six on that a median has a 95 % interval. */
const FIRST_ROUNDS = 6;

/**
 * Times models in turns, a moment each and many rounds, so that what drifts on the machine touches
 * all alike; who begins changes with the rounds. Who is surely slower than the fastest leaves early.
 *
 * @param original what the others are compared with: it stays to the end.
 * @returns timings of those that did not fail, by name.
 * @throws Error if the original fails.
 */
export async function timeInRounds(
  original: Timed,
  others: readonly Timed[],
  { rounds, batch, onRound, onFailure }: RoundsOptions,
): Promise<Map<string, Timings>> {
  const timings = new Map(
    [original, ...others].map(({ name }) => [
      name,
      { one: [] as (readonly number[])[], serving: [] as (readonly number[])[] },
    ]),
  );
  let racing = [...others];
  for (let round = 0; round < rounds; round++) {
    const order = rotate([original, ...racing], round);
    onRound?.(round, order.length);
    for (const model of order) {
      try {
        const { one, serving } = await model.turn();
        timings.get(model.name)!.one.push(one);
        if (serving !== undefined) timings.get(model.name)!.serving.push(serving);
      } catch (error) {
        if (model === original) throw error;
        timings.delete(model.name);
        racing = racing.filter((other) => other !== model);
        onFailure(model.name, error as Error);
      }
    }
    if (round + 1 >= FIRST_ROUNDS) racing = contenders(racing, timings, original.name, batch);
    if (racing.length === 0 && round + 1 >= FIRST_ROUNDS) break;
  }
  return timings;
}

/** Those that may still be the fastest. */
function contenders(
  racing: readonly Timed[],
  timings: ReadonlyMap<string, Timings>,
  original: string,
  batch: number,
): Timed[] {
  const intervals = new Map(
    racing.map(({ name }) => [
      name,
      medianWithInterval(speedups(timings.get(name)!, timings.get(original)!, batch)),
    ]),
  );
  const floor = Math.max(1, ...Array.from(intervals.values(), ({ low }) => low));
  return racing.filter(({ name }) => intervals.get(name)!.high >= floor);
}

function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
