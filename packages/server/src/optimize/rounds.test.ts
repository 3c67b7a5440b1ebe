import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { timeInRounds, type Timed } from "./rounds.ts";
import { toSpeed } from "./speed.ts";

/** A model that takes so long, times what drifts on the machine. */
function model(name: string, ms: number, log: string[], drift: () => number = () => 1): Timed {
  return {
    name,
    async turn() {
      log.push(name);
      const now = ms * drift();
      return { one: [now, now * 1.01, now * 0.99], serving: [4 * now] };
    },
  };
}

const options = { rounds: 12, batch: 8, onFailure: () => undefined };

test("who begins changes with the rounds, and what drifts cancels out", async () => {
  const log: string[] = [];
  let load = 1;
  // The machine gets slower by half with each turn.
  const drift = (): number => (load *= 1.5);
  const original = model("original", 10, log, drift);
  const other = model("other", 10, log, drift);
  const timings = await timeInRounds(original, [other], options);
  assert.deepEqual(log.slice(0, 4), ["original", "other", "other", "original"]);
  const { speedup } = toSpeed(timings.get("other")!, timings.get("original")!, 8);
  assert.ok(speedup.low < 1 && speedup.high > 1, JSON.stringify(speedup));
});

test("who is surely slower than the fastest leaves after six rounds, with its figures", async () => {
  const log: string[] = [];
  const original = model("original", 10, log);
  const timings = await timeInRounds(
    original,
    [model("fast", 2, log), model("slow", 5, log), model("equal", 2, log)],
    options,
  );
  const rounds = (name: string): number => log.filter((entry) => entry === name).length;
  assert.deepEqual(["original", "fast", "equal", "slow"].map(rounds), [12, 12, 12, 6]);
  const { speedup, one, serving, rowsPerSecond } = toSpeed(
    timings.get("slow")!,
    timings.get("original")!,
    8,
  );
  assert.ok(Math.abs(speedup.median - 2) < 1e-9);
  assert.deepEqual([one.runs, one.p50, serving?.p50], [18, 5, 20]);
  assert.equal(rowsPerSecond, (8 * 1000) / 20);
});

test("when nobody beats the original, six rounds are enough", async () => {
  const log: string[] = [];
  await timeInRounds(model("original", 1, log), [model("slow", 2, log)], options);
  assert.equal(log.length, 12);
});

test("one that fails is told of and leaves; if it is the original, everything ends", async () => {
  const log: string[] = [];
  const failures: string[] = [];
  let turns = 0;
  const broken: Timed = {
    name: "broken",
    async turn() {
      if (++turns === 3) throw new Error("crashed");
      return { one: [1], serving: undefined };
    },
  };
  const timings = await timeInRounds(model("original", 1, log), [broken], {
    ...options,
    onFailure: (name, { message }) => failures.push(`${name}: ${message}`),
  });
  assert.deepEqual(failures, ["broken: crashed"]);
  assert.deepEqual([...timings.keys()], ["original"]);
  turns = 2;
  await assert.rejects(timeInRounds(broken, [], options), /crashed/);
});

test("a model that cannot batch is compared at a row a run", () => {
  const original = { one: [[10], [10]], serving: [[20], [20]] };
  // As fast as the original alone, but without its batches of 8: 10 ms a row instead of 2.5.
  const { speedup, serving } = toSpeed({ one: [[10], [10]], serving: [] }, original, 8);
  assert.equal(serving, undefined);
  assert.ok(Math.abs(speedup.median - Math.sqrt(0.25)) < 1e-9);
});

test("the speed-up of a model against itself is 1, whatever the rounds were like", () => {
  const runs = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(runs, runs), { minLength: 1, maxLength: 8 }), (rounds) => {
      const timings = { one: rounds.map(([one]) => one), serving: rounds.map(([, many]) => many) };
      const { median, low, high } = toSpeed(timings, timings, 8).speedup;
      assert.deepEqual([median, low, high], [1, 1, 1]);
    }),
  );
});
