/** How good a model's answers are. */
import { fail, type LongshoreError, type Signature, type Tensors } from "@longshore/core";
import { findDecision, findPredictions } from "./metrics/classes.ts";
import { accuracy, macroF1 } from "./metrics/classification.ts";
import { agreement, sqnr } from "./metrics/fidelity.ts";
import { auc, findScores } from "./metrics/ranking.ts";
import { findValue, meanAbsoluteError, rSquared } from "./metrics/regression.ts";
import { isComparable, rowShape } from "./metrics/rows.ts";
import type { Samples } from "./samples.ts";

export type MetricName = "accuracy" | "f1" | "auc" | "mae" | "r2" | "agreement" | "sqnr";

/** Every metric by its name. */
export const METRIC_NAMES: readonly MetricName[] = [
  "accuracy",
  "f1",
  "auc",
  "mae",
  "r2",
  "agreement",
  "sqnr",
];

/** A way to judge a model's answers to samples. */
export interface Metric {
  readonly name: MetricName;
  /** What it is taken of: `accuracy of "label"`. */
  readonly title: string;
  readonly higherIsBetter: boolean;
  /** Whether it compares with the answers of the original model instead of with labels. */
  readonly needsOriginal: boolean;
  start(): Measurement;
  /**
   * What is lost from the original's value to a candidate's, to be held against `--max-drop`;
   * negative for a gain, Infinity where the candidate's answers are no numbers.
   *
   * For accuracy, F1, AUC, R² and agreement it is the plain difference; for the mean absolute error
   * its growth relative to the original's; for SQNR the noise's share of the signal's power, which
   * is 0.01 at 20 dB.
   */
  drop(original: number, candidate: number): number;
  /** For tables: `97.20 %`, `31.4 dB`. */
  format(value: number): string;
}

/** A metric being computed, batch by batch. */
export interface Measurement {
  add(outputs: Tensors, truth: Truth): void;
  /** Of everything added so far; NaN if that says nothing. */
  value(): number;
}

/** What a batch of outputs is compared with. */
export interface Truth {
  /** Numbers of the rows in the samples, whose labels count. */
  readonly rows: readonly number[];
  /** Outputs of the original for the same rows; needed where the metric says so. */
  readonly original?: Tensors;
}

/** The part of samples that metrics look at. */
export type Labelled = Pick<Samples, "file" | "labels" | "classes">;

/**
 * The metric to judge a model by.
 *
 * Asked for none, it is with labels: accuracy where the model gives classes (a label, or a score for
 * each class); AUC where it gives a single score and all labels are 0 and 1, as no threshold is
 * known; else R². Without labels: agreement with the original where the model gives classes, else
 * SQNR.
 *
 * @throws LongshoreError DATA_INVALID if the labels are missing or do not fit the outputs.
 */
export function chooseMetric(signature: Signature, samples: Labelled, wanted?: MetricName): Metric {
  const invalid = (problem: string): LongshoreError =>
    fail("DATA_INVALID", { file: samples.file, problem });
  const found = <T>(part: T | string): T => {
    if (typeof part !== "string") return part;
    throw invalid(`the labels do not fit the model: ${part}`);
  };
  const { labels } = samples;
  const name = wanted ?? chooseName(signature, samples);
  if (name === "agreement") {
    const predictions = findPredictions(signature);
    if (predictions.length > 0) return agreement(predictions);
    throw invalid("agreement is of classes, but the model gives none");
  }
  if (name === "sqnr") {
    if (signature.outputs.some(isComparable)) return sqnr(signature);
    throw invalid("SQNR is of numbers, but the model gives none");
  }
  if (labels === undefined) throw invalid(`${name} needs labels`);
  const truth = { labels, classes: samples.classes };
  switch (name) {
    case "accuracy":
      return accuracy(found(findDecision(signature, truth)));
    case "f1":
      return macroF1(found(findDecision(signature, truth)));
    case "auc":
      return auc(found(findScores(signature, truth)));
    case "mae":
      return meanAbsoluteError(found(findValue(signature, truth)));
    case "r2":
      return rSquared(found(findValue(signature, truth)));
  }
}

function chooseName(signature: Signature, { labels, classes }: Labelled): MetricName {
  if (labels === undefined) {
    const plain = signature.outputs.every((output) => rowShape(signature, output).length <= 1);
    const classifies = plain && findPredictions(signature).length > 0;
    return classifies || !signature.outputs.some(isComparable) ? "agreement" : "sqnr";
  }
  const decision = findDecision(signature, { labels, classes });
  if (typeof decision !== "string" && decision.threshold === undefined) return "accuracy";
  if (typeof findScores(signature, { labels, classes }) !== "string") return "auc";
  if (typeof findValue(signature, { labels, classes }) !== "string") return "r2";
  return "accuracy";
}
