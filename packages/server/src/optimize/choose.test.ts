import assert from "node:assert/strict";
import { test } from "node:test";
import { nothingOf } from "./attempt.ts";
import type { Measured } from "./candidate.ts";
import { choose, formatTimes } from "./choose.ts";

interface Figures {
  readonly drop?: number;
  readonly bytes?: number;
  /** Median speed-up, and how far its bounds are away. */
  readonly speedup?: number;
  readonly noise?: number;
}

/** A model of which these figures were measured; of those that are left out, the original's. */
function measured(name: string, figures: Figures = {}): Measured {
  const { drop = 0, bytes = 1000, speedup = 1, noise = 0.02 } = figures;
  const latency = { batch: 1, p50: 1, p99: 2, runs: 100 };
  return {
    ...nothingOf({ name, steps: [] }, "measured", ""),
    status: "measured",
    bytes,
    quality: { value: 0.9 - drop, drop },
    memoryBytes: 5000,
    speed: {
      one: latency,
      serving: undefined,
      rowsPerSecond: 1000,
      speedup: { median: speedup, low: speedup - noise, high: speedup + noise },
      rounds: 12,
    },
  };
}

const original = measured("original", { noise: 0 });
const SPEED = { goal: "speed", maxDrop: 0.01 } as const;
const SIZE = { goal: "size", maxDrop: 0.01 } as const;

test("the fastest within the allowed loss is recommended, not the fastest of all", () => {
  const choice = choose(
    original,
    [
      measured("int8", { speedup: 3, drop: 0.004, bytes: 250 }),
      measured("pruned", { speedup: 5, drop: 0.2 }),
      measured("fp16", { speedup: 1.5 }),
    ],
    SPEED,
  );
  assert.equal(choice.chosen.name, "int8");
  assert.match(choice.reason, /3\.0× as fast \(surely 3\.0×\), 4\.0× smaller/);
  assert.deepEqual(choice.front, ["int8", "pruned", "fp16"]);
});

test("a tiny model that gets slower in int8 stays as it is", () => {
  const { chosen, reason } = choose(
    original,
    [measured("int8", { speedup: 0.7, bytes: 300 })],
    SPEED,
  );
  assert.equal(chosen, original);
  assert.equal(reason, "it is the fastest itself");
});

test("what may be noise, or is not worth another file, is no reason to change", () => {
  const noisy = choose(original, [measured("int8", { speedup: 1.3, noise: 0.4 })], SPEED);
  assert.equal(noisy.chosen, original);
  assert.match(noisy.reason, /\(1\.30×\) is within the noise/);
  const small = choose(original, [measured("clean", { speedup: 1.04, noise: 0.01 })], SPEED);
  assert.equal(small.chosen, original);
  assert.match(small.reason, /gains too little/);
});

test("where all others lose too much, or there are none, the original stays", () => {
  const lossy = choose(original, [measured("int8", { speedup: 3, drop: 0.011 })], SPEED);
  assert.equal(lossy.chosen, original);
  assert.match(lossy.reason, /loses more than allowed/);
  assert.equal(choose(original, [], SPEED).chosen, original);
});

test("of those that cannot be told apart, the one that loses least is taken", () => {
  const { chosen } = choose(
    original,
    [
      measured("minmax", { speedup: 3.05, noise: 0.1, drop: 0.008 }),
      measured("entropy", { speedup: 3, noise: 0.1, drop: 0.001 }),
      measured("fp16", { speedup: 2, noise: 0.1, drop: 0 }),
    ],
    SPEED,
  );
  assert.equal(chosen.name, "entropy");
});

test("for size, the smallest within the allowed loss is recommended, even if it is slower", () => {
  const { chosen, reason, front } = choose(
    original,
    [
      measured("int4", { bytes: 140, drop: 0.03, speedup: 2 }),
      measured("int8", { bytes: 260, speedup: 0.8, drop: 0.005 }),
      measured("fp16", { bytes: 500, speedup: 3 }),
    ],
    SIZE,
  );
  assert.equal(chosen.name, "int8");
  assert.match(reason, /3\.8× smaller, 0\.80× as fast/);
  assert.deepEqual(front, ["int4", "int8", "fp16"]);
  assert.equal(choose(original, [measured("clean", { bytes: 990 })], SIZE).chosen, original);
});

test("an answer that is no number is never within the allowed loss", () => {
  const broken = measured("broken", { speedup: 9, drop: Number.NaN });
  const infinite = measured("infinite", { speedup: 9, drop: Number.POSITIVE_INFINITY });
  assert.equal(choose(original, [broken, infinite], SPEED).chosen, original);
});

test("ratios show the digits that tell them from 1", () => {
  assert.deepEqual([1.004, 1.2, 3.04, 12].map(formatTimes), ["1.00×", "1.20×", "3.0×", "12.0×"]);
});
