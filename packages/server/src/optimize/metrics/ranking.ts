import type { Signature } from "@longshore/core";
import type { Metric } from "../metrics.ts";
import { findSingleScore, fits, isScores, toClassNumbers } from "./classes.ts";
import { difference, numbersOf, outputOf, rowShape, type TrueAnswers } from "./rows.ts";

/** Scores that rank rows, with the true classes. */
export interface Scores {
  /** Has one score a row, of the class 1; or one for each class. */
  readonly output: string;
  /** The number of the true class of every row of the samples. */
  readonly truth: readonly number[];
}

/** An output whose scores can be ranked against true classes; or why there is none. */
export function findScores(
  signature: Signature,
  { labels, classes }: TrueAnswers,
): Scores | string {
  const numbers = toClassNumbers(labels, classes);
  const single = findSingleScore(signature, numbers);
  if (single !== undefined && numbers !== undefined)
    return { output: single.name, truth: numbers.map(Number) };
  for (const output of signature.outputs) {
    if (!isScores(signature, output)) continue;
    const { name, labels: names } = output;
    if (names !== undefined && labels.every((label) => names.includes(label)))
      return { output: name, truth: labels.map((label) => names.indexOf(label)) };
    if (numbers !== undefined && fits(numbers, rowShape(signature, output)[0]))
      return { output: name, truth: numbers.map(Number) };
  }
  return "no output has a score for each class of the labels, or one for the labels 0 and 1";
}

/**
 * The area under the ROC curve: how likely a row of a class scores higher than a row of another,
 * ties counting half. With more than two classes, the mean over those that occur, each against all
 * others. Keeps all scores: eight bytes a row and class.
 *
 * Source: Mann and Whitney (1947), from ranks as in Hand and Till (2001).
 */
export function auc({ output, truth }: Scores): Metric {
  return {
    name: "auc",
    title: `AUC of "${output}"`,
    higherIsBetter: true,
    needsOriginal: false,
    drop: difference,
    format: (value) => value.toFixed(4),
    start() {
      /** The scores of each class, and the true class of the row they belong to. */
      const columns: number[][] = [];
      const actual: number[] = [];
      return {
        add(outputs, { rows }) {
          const scores = numbersOf(outputOf(outputs, output));
          const width = scores.length / rows.length;
          for (let index = 0; index < scores.length; index++)
            (columns[index % width] ??= []).push(scores[index]!);
          for (const row of rows) actual.push(truth[row]!);
        },
        value() {
          // Of two classes, one says all of the other.
          if (columns.length <= 2) return areaUnderCurve(columns.at(-1) ?? [], actual, 1) ?? NaN;
          const areas = columns
            .map((scores, index) => areaUnderCurve(scores, actual, index))
            .filter((area) => area !== undefined);
          return areas.reduce<number>((sum, area) => sum + area, 0) / areas.length;
        },
      };
    },
  };
}

function areaUnderCurve(
  scores: readonly number[],
  actual: readonly number[],
  positive: number,
): number | undefined {
  if (scores.some(Number.isNaN)) return Number.NaN;
  const order = scores.map((_, row) => row).toSorted((a, b) => scores[a]! - scores[b]!);
  let [positives, rankSum] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    // Equal scores share the mean of their ranks, which are from + 1 to to.
    const rank = (from + 1 + to) / 2;
    for (; from < to; from++) {
      if (actual[order[from]!] !== positive) continue;
      positives += 1;
      rankSum += rank;
    }
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
