import type { Measured } from "./candidate.ts";
import { areApart } from "./interval.ts";
import { paretoFront } from "./pareto.ts";

/** What the search is to find: the fastest model, or the smallest. */
export type Goal = "speed" | "size";

export interface Choice {
  /** The original where nothing is better. */
  readonly chosen: Measured;
  readonly reason: string;
  /** Names of those that no other beats in both what they lose and what they cost. */
  readonly front: readonly string[];
}

export interface ChoiceRules {
  readonly goal: Goal;
  readonly maxDrop: number;
}

/** Less is not worth a second file that must be kept, tested and explained. */
const LEAST_SPEEDUP = 1.05;
const LEAST_SHRINKING = 0.95;

/**
 * Recommends the fastest (or smallest) of the models that lose at most what is allowed. The
 * original stays unless another is surely better: by the lower bound of its speed-up, not by one
 * lucky figure. Of several that cannot be told apart, the one that loses least is taken.
 */
export function choose(
  original: Measured,
  candidates: readonly Measured[],
  { goal, maxDrop }: ChoiceRules,
): Choice {
  const cost = goal === "speed" ? timeOf : sizeOf;
  const front = paretoFront([original, ...candidates], (candidate) => [
    candidate.quality.drop,
    cost(candidate),
  ]).map(({ name }) => name);
  const allowed = candidates.filter(({ quality }) => quality.drop <= maxDrop);
  const better = allowed.filter((candidate) =>
    goal === "speed"
      ? candidate.speed.speedup.low >= LEAST_SPEEDUP
      : candidate.bytes <= original.bytes * LEAST_SHRINKING,
  );
  const [best] = better.toSorted((a, b) => cost(a) - cost(b));
  if (best === undefined) {
    const reason = whyOriginal(goal, allowed, candidates);
    return { chosen: original, reason, front };
  }
  const [chosen] = better
    .filter((other) => cannotBeToldApart(goal, best, other))
    .toSorted((a, b) => a.quality.drop - b.quality.drop || cost(a) - cost(b));
  return { chosen: chosen!, reason: whyChosen(goal, chosen!, original), front };
}

function timeOf({ speed }: Measured): number {
  return 1 / speed.speedup.median;
}

function sizeOf({ bytes }: Measured): number {
  return bytes;
}

function cannotBeToldApart(goal: Goal, best: Measured, other: Measured): boolean {
  if (goal === "speed") return !areApart(best.speed.speedup, other.speed.speedup);
  return other.bytes <= best.bytes * 1.01;
}

function whyChosen(goal: Goal, { speed, bytes }: Measured, original: Measured): string {
  const faster = `${formatTimes(speed.speedup.median)} as fast`;
  const smaller = `${formatTimes(original.bytes / bytes)} smaller`;
  return goal === "speed"
    ? `the fastest within the allowed loss: ${faster} (surely ${formatTimes(speed.speedup.low)}), ${smaller}`
    : `the smallest within the allowed loss: ${smaller}, ${faster}`;
}

function whyOriginal(goal: Goal, allowed: readonly Measured[], all: readonly Measured[]): string {
  if (allowed.length === 0)
    return all.length === 0
      ? "nothing else came into question"
      : "every other one loses more than allowed";
  if (goal === "size") return "no other one within the allowed loss is at least 5 % smaller";
  const fastest = allowed.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a));
  const { median, low } = fastest.speed.speedup;
  if (median <= 1) return "it is the fastest itself";
  return low < 1
    ? `what the fastest other one gains (${formatTimes(median)}) is within the noise`
    : `the fastest other one gains too little (${formatTimes(median)})`;
}

/** `2.1×`, with as many digits as tell it from 1. */
export function formatTimes(ratio: number): string {
  return `${ratio.toFixed(ratio < 1.995 ? 2 : 1)}×`;
}
