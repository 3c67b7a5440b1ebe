import type { Signature, Tensors } from "@longshore/core";
import { addPower, decibels } from "@longshore/onnx";
import type { Metric, Truth } from "../metrics.ts";
import type { Prediction } from "./classes.ts";
import { SHARE } from "./classification.ts";
import { isComparable, isFloat, numbersOf, outputOf } from "./rows.ts";

/** The share of rows for which all classes are those that the original gives. */
export function agreement(predictions: readonly Prediction[]): Metric {
  const names = predictions.map(({ output }) => `"${output}"`).join(", ");
  return {
    name: "agreement",
    title: `agreement with the original in ${names}`,
    ...SHARE,
    needsOriginal: true,
    start() {
      let [alike, all] = [0, 0];
      return {
        add(outputs, truth) {
          const original = originalOf(truth);
          const { length } = truth.rows;
          const pairs = predictions.map(({ predict }) => [
            predict(outputs, length),
            predict(original, length),
          ]);
          for (let row = 0; row < length; row++)
            if (pairs.every(([got, expected]) => got![row] === expected![row])) alike += 1;
          all += length;
        },
        value: () => alike / all,
      };
    },
  };
}

/**
 * The signal-to-quantisation-noise ratio in dB: 10·log10 of the power of the original's answers over
 * that of the differences from them. Of several outputs, the worst counts; whole numbers are left
 * out where there are fractions. Infinity for equal answers.
 */
export function sqnr({ outputs: specs }: Signature): Metric {
  const numeric = specs.filter(isComparable);
  const floats = numeric.filter(isFloat);
  const names = (floats.length > 0 ? floats : numeric).map(({ name }) => name);
  return {
    name: "sqnr",
    title: `SQNR against the original in ${names.map((name) => `"${name}"`).join(", ")}`,
    higherIsBetter: true,
    needsOriginal: true,
    drop: (_, candidate) => (Number.isNaN(candidate) ? Infinity : 10 ** (-candidate / 10)),
    format: (value) => (value === Infinity ? "equal" : `${value.toFixed(1)} dB`),
    start() {
      const powers = new Map(names.map((name) => [name, { signal: 0, noise: 0 }]));
      return {
        add(outputs, truth) {
          const original = originalOf(truth);
          for (const [name, power] of powers)
            addPower(
              power,
              numbersOf(outputOf(original, name)),
              numbersOf(outputOf(outputs, name)),
            );
        },
        value: () => Math.min(...Array.from(powers.values(), decibels)),
      };
    },
  };
}

function originalOf({ original }: Truth): Tensors {
  if (original === undefined) throw new TypeError("the original's outputs are needed");
  return original;
}
