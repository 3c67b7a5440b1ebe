import type { Metric } from "../metrics.ts";
import type { Decision } from "./classes.ts";
import { difference } from "./rows.ts";

/** The share of rows whose class is the true one. */
export function accuracy(decision: Decision): Metric {
  return {
    name: "accuracy",
    title: `accuracy of "${decision.output}"`,
    ...SHARE,
    start() {
      let [right, all] = [0, 0];
      return {
        add(outputs, { rows }) {
          const predicted = decision.predict(outputs, rows.length);
          for (const [index, row] of rows.entries())
            if (predicted[index] === decision.truth[row]) right += 1;
          all += rows.length;
        },
        value: () => right / all,
      };
    },
  };
}

/** What F1 needs to know of a class. */
interface Counts {
  hits: number;
  /** Rows that were taken for this class, and rows that are of it. */
  predicted: number;
  actual: number;
}

/**
 * The mean of the F1 scores of all classes that occur, true or predicted, each counting alike
 * ("macro"). F1 of a class is the harmonic mean of precision and recall: 2·hits / (predicted +
 * actual).
 */
export function macroF1(decision: Decision): Metric {
  return {
    name: "f1",
    title: `F1 (macro) of "${decision.output}"`,
    ...SHARE,
    start() {
      const classes = new Map<string, Counts>();
      const countsOf = (name: string): Counts => {
        const counts = classes.get(name) ?? { hits: 0, predicted: 0, actual: 0 };
        classes.set(name, counts);
        return counts;
      };
      return {
        add(outputs, { rows }) {
          const predicted = decision.predict(outputs, rows.length);
          for (const [index, row] of rows.entries()) {
            const [guess, actual] = [countsOf(predicted[index]!), countsOf(decision.truth[row]!)];
            guess.predicted += 1;
            actual.actual += 1;
            if (guess === actual) guess.hits += 1;
          }
        },
        value() {
          const scores = Array.from(
            classes.values(),
            ({ hits, predicted, actual }) => (2 * hits) / (predicted + actual),
          );
          return scores.reduce((sum, score) => sum + score, 0) / scores.length;
        },
      };
    },
  };
}

/** What metrics that are a share of rows have in common. */
export const SHARE: Pick<Metric, "higherIsBetter" | "needsOriginal" | "drop" | "format"> = {
  higherIsBetter: true,
  needsOriginal: false,
  drop: difference,
  format: (value) => `${(value * 100).toFixed(2)} %`,
};
