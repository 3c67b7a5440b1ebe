import type { Signature, Tensor, Tensors } from "@longshore/core";
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
            addPower(power, outputOf(outputs, name), outputOf(original, name));
        },
        value: () => Math.min(...Array.from(powers.values(), decibels)),
      };
    },
  };
}

interface Power {
  signal: number;
  noise: number;
}

function addPower(power: Power, tensor: Tensor, reference: Tensor): void {
  const [got, expected] = [numbersOf(tensor), numbersOf(reference)];
  if (got.length !== expected.length) power.noise = Number.POSITIVE_INFINITY;
  for (let index = 0; index < expected.length; index++) {
    const [a, b] = [got[index]!, expected[index]!];
    // What is infinite or no number in the original has no power: it is kept or it is not.
    if (Object.is(a, b)) power.signal += Number.isFinite(b) ? b * b : 0;
    else if (!Number.isFinite(a) || !Number.isFinite(b)) power.noise = Number.POSITIVE_INFINITY;
    else {
      power.signal += b * b;
      power.noise += (a - b) ** 2;
    }
  }
}

function decibels({ signal, noise }: Power): number {
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}

function originalOf({ original }: Truth): Tensors {
  if (original === undefined) throw new TypeError("the original's outputs are needed");
  return original;
}
