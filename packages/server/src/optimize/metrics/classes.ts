import { DATATYPES, type Signature, type Tensors, type TensorSpec } from "@longshore/core";
import {
  isFloat,
  isSingle,
  isVector,
  numbersOf,
  outputOf,
  rowShape,
  textsOf,
  type TrueAnswers,
} from "./rows.ts";

/** How a model's outputs tell a class for each row. */
export interface Prediction {
  readonly output: string;
  /** The class of each row: its name or number. */
  predict(outputs: Tensors, rows: number): readonly string[];
}

/** Predictions with the true classes, under the same names. */
export interface Decision extends Prediction {
  /** The true class of every row of the samples. */
  readonly truth: readonly string[];
  /** Where one score a row is compared with a threshold, which nothing in the model says. */
  readonly threshold?: number;
}

/** Above it, a single score means the class 1: right for a probability. */
const THRESHOLD = 0.5;

/** Classes that a model gives: its labels, else the largest of a row's scores. */
export function findPredictions(signature: Signature): Prediction[] {
  const labels = signature.outputs.filter((output) => isLabel(signature, output));
  if (labels.length > 0) return labels.map(readLabel);
  const scores = signature.outputs.filter((output) => isScores(signature, output));
  return scores.map((output) => readLargest(output, String));
}

/** How to compare a model's classes with true ones; or why they cannot be compared. */
export function findDecision(signature: Signature, answers: TrueAnswers): Decision | string {
  const labels = answers.labels.map(plainNumber);
  const numbers = toClassNumbers(labels, answers.classes);
  for (const output of signature.outputs) {
    if (!isLabel(signature, output)) continue;
    if (output.datatype === "BYTES") return { ...readLabel(output), truth: labels };
    if (numbers !== undefined) return { ...readLabel(output), truth: numbers };
  }
  for (const output of signature.outputs) {
    if (!isScores(signature, output)) continue;
    const names = output.labels;
    if (names !== undefined && labels.every((label) => names.includes(label)))
      return { ...readLargest(output, (index) => names[index] ?? ""), truth: labels };
    if (numbers !== undefined && fits(numbers, rowShape(signature, output)[0]))
      return { ...readLargest(output, String), truth: numbers };
  }
  const single = findSingleScore(signature, numbers);
  if (single !== undefined && numbers !== undefined)
    return { ...readThreshold(single), truth: numbers, threshold: THRESHOLD };
  return whyNot(signature, answers);
}

/** The output with one score a row, where the only classes are 0 and 1. */
export function findSingleScore(
  signature: Signature,
  numbers: readonly string[] | undefined,
): TensorSpec | undefined {
  if (numbers?.every((number) => number === "0" || number === "1") !== true) return undefined;
  return signature.outputs.find((output) => isFloat(output) && isSingle(signature, output));
}

/** Labels as numbers of classes: numbers as they are, names by their place among the classes. */
export function toClassNumbers(
  labels: readonly string[],
  classes: readonly string[] | undefined,
): string[] | undefined {
  const numbers = labels.map((label) => BOOLEANS[label.toLowerCase()] ?? plainNumber(label));
  if (numbers.every((number) => /^-?\d+$/.test(number))) return numbers;
  return classes && labels.map((label) => String(classes.indexOf(label)));
}

const BOOLEANS: Readonly<Record<string, string>> = { true: "1", false: "0" };

/** Whether numbers are those of so many classes. */
export function fits(numbers: readonly string[], count: number | string | undefined): boolean {
  return numbers.every((number) => {
    const index = Number(number);
    return index >= 0 && (typeof count !== "number" || index < count);
  });
}

/** Tables write whole numbers as `3.0` in a column that also has gaps. */
function plainNumber(label: string): string {
  return /^-?\d+\.0+$/.test(label) ? label.slice(0, label.indexOf(".")) : label;
}

function isLabel(signature: Signature, output: TensorSpec): boolean {
  return DATATYPES[output.datatype].kind !== "float" && isSingle(signature, output);
}

/** Whether an output has a score for each class. */
export function isScores(signature: Signature, output: TensorSpec): boolean {
  return isFloat(output) && isVector(signature, output);
}

function readLabel({ name }: TensorSpec): Prediction {
  return { output: name, predict: (outputs) => textsOf(outputOf(outputs, name)) };
}

/** Rows with a score that is not a number have no largest one: their class is `NaN`. */
function readLargest({ name }: TensorSpec, toClass: (index: number) => string): Prediction {
  return {
    output: name,
    predict(outputs, rows) {
      const scores = numbersOf(outputOf(outputs, name));
      const width = scores.length / rows;
      return Array.from({ length: rows }, (_, row) => {
        let best = 0;
        for (let index = 0; index < width; index++) {
          const score = scores[row * width + index]!;
          if (Number.isNaN(score)) return "NaN";
          if (score > scores[row * width + best]!) best = index;
        }
        return toClass(best);
      });
    },
  };
}

function readThreshold({ name }: TensorSpec): Prediction {
  const toClass = (score: number): string =>
    Number.isNaN(score) ? "NaN" : score > THRESHOLD ? "1" : "0";
  return {
    output: name,
    predict: (outputs) => Array.from(numbersOf(outputOf(outputs, name)), toClass),
  };
}

function whyNot(signature: Signature, { labels, classes }: TrueAnswers): string {
  const scores = signature.outputs.find((output) => isScores(signature, output));
  if (scores === undefined) return "no output tells a class, or a score for each class";
  const [count] = rowShape(signature, scores);
  const known = scores.labels === undefined ? "" : `, named ${scores.labels.join(", ")}`;
  const strange = labels.find((label) => !(Number(label) >= 0)) ?? labels[0];
  const advice =
    classes === undefined
      ? "label rows with the numbers of their classes, from 0"
      : `name the sub-folders after the numbers of their classes, as there are ${classes.length}`;
  return `"${scores.name}" has scores of ${count} classes${known}, and "${strange}" is none of them; ${advice}`;
}
