import assert from "node:assert/strict";
import test from "node:test";
import type { Datatype, Dimension, Signature, Tensor, Tensors, TensorSpec } from "@longshore/core";
import fc from "fast-check";
import { chooseMetric, METRIC_NAMES, type Metric, type MetricName } from "./metrics.ts";

type Output = [name: string, Datatype, Dimension[], labels?: string[]];

function gives(...outputs: Output[]): Signature {
  return {
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
    outputs: outputs.map(([name, datatype, shape, labels]): TensorSpec => ({
      name,
      datatype,
      shape,
      ...(labels && { labels }),
    })),
  };
}

const SCORES = gives(["scores", "FP32", ["N", 3]]);
const VALUE = gives(["y", "FP32", ["N", 1]]);
const fp32 = (rows: number, values: readonly number[]): Tensor => ({
  datatype: "FP32",
  shape: [rows, values.length / rows],
  data: Float32Array.from(values),
});

function choose(
  signature: Signature,
  labels?: readonly string[],
  wanted?: MetricName,
  classes?: readonly string[],
): Metric {
  const samples = { file: "data.csv", ...(labels && { labels }), ...(classes && { classes }) };
  return chooseMetric(signature, samples, wanted);
}

/** A metric of an output's rows, given in parts of the lengths given. */
function measure(
  metric: Metric,
  tensors: Tensors,
  rows: number,
  cuts: readonly number[] = [],
): number {
  const measurement = metric.start();
  for (let from = 0, part = 0; from < rows; part++) {
    const to = Math.min(rows, from + (cuts[part] ?? rows));
    const some = new Map(
      Array.from(tensors, ([name, tensor]) => [name, slice(tensor, rows, from, to)]),
    );
    measurement.add(some, { rows: Array.from({ length: to - from }, (_, row) => from + row) });
    from = to;
  }
  return measurement.value();
}

function slice({ datatype, shape, data }: Tensor, rows: number, from: number, to: number): Tensor {
  const elements = data as Float32Array;
  const width = elements.length / rows;
  return {
    datatype,
    shape: [to - from, ...shape.slice(1)],
    data: elements.subarray(from * width, to * width),
  };
}

const near = (got: number, expected: number): void => {
  const alike =
    Object.is(got, expected) || Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
  assert.ok(alike, `${got}, expected ${expected}`);
};

/** Rows of three scores with few distinct values, so that ties occur; classes; how to cut them. */
const SCORED = fc.integer({ min: 1, max: 30 }).chain((rows) =>
  fc.record({
    rows: fc.constant(rows),
    scores: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: rows * 3, maxLength: rows * 3 }),
    truth: fc.array(fc.nat({ max: 2 }), { minLength: rows, maxLength: rows }),
    cuts: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 40 }),
  }),
);

/** The first of the largest scores of each row. */
function largest(scores: readonly number[]): number[] {
  return Array.from({ length: scores.length / 3 }, (_, row) => {
    const own = scores.slice(row * 3, row * 3 + 3);
    return own.indexOf(Math.max(...own));
  });
}

test("accuracy is the share of rows whose largest score is that of their class", () => {
  fc.assert(
    fc.property(SCORED, ({ rows, scores, truth, cuts }) => {
      const metric = choose(SCORES, truth.map(String));
      assert.equal(metric.name, "accuracy");
      const right = largest(scores).filter((guess, row) => guess === truth[row]).length;
      near(measure(metric, new Map([["scores", fp32(rows, scores)]]), rows, cuts), right / rows);
    }),
  );
});

test("F1 is the mean over the classes that occur, of precision and recall", () => {
  fc.assert(
    fc.property(SCORED, ({ rows, scores, truth, cuts }) => {
      const guesses = largest(scores);
      const classes = [...new Set([...guesses, ...truth])];
      const scoresOfClasses = classes.map((name) => {
        const hits = guesses.filter((guess, row) => guess === name && truth[row] === name).length;
        const precision = hits / guesses.filter((guess) => guess === name).length || 0;
        const recall = hits / truth.filter((actual) => actual === name).length || 0;
        return (2 * precision * recall) / (precision + recall) || 0;
      });
      const expected = scoresOfClasses.reduce((sum, score) => sum + score, 0) / classes.length;
      const metric = choose(SCORES, truth.map(String), "f1");
      near(measure(metric, new Map([["scores", fp32(rows, scores)]]), rows, cuts), expected);
    }),
  );
});

/** How often a row of the class scores higher than one of another; ties are half. */
function pairwiseArea(scores: readonly number[], positive: readonly boolean[]): number {
  let [wins, pairs] = [0, 0];
  for (const [a, isPositive] of positive.entries())
    for (const [b, other] of positive.entries()) {
      if (!isPositive || other) continue;
      pairs += 1;
      wins += scores[a]! > scores[b]! ? 1 : scores[a] === scores[b] ? 0.5 : 0;
    }
  return wins / pairs;
}

test("AUC is how often a row of a class outscores another, ties counting half", () => {
  fc.assert(
    fc.property(SCORED, ({ rows, scores, truth, cuts }) => {
      const areas = [0, 1, 2]
        .map((name) =>
          pairwiseArea(
            scores.filter((_, index) => index % 3 === name),
            truth.map((actual) => actual === name),
          ),
        )
        .filter((area) => !Number.isNaN(area));
      const expected = areas.reduce((sum, area) => sum + area, 0) / areas.length;
      const metric = choose(SCORES, truth.map(String), "auc");
      near(measure(metric, new Map([["scores", fp32(rows, scores)]]), rows, cuts), expected);
    }),
  );
});

test("AUC of two classes, and of a single score, is that of the class 1", () => {
  const labels = ["1", "0", "1", "0"];
  const chosen = choose(VALUE, labels);
  assert.equal(chosen.name, "auc", "a single score has no threshold of its own");
  near(measure(chosen, new Map([["y", fp32(4, [0.9, 0.2, 0.2, 0.1])]]), 4), 3.5 / 4);
  const two = choose(gives(["p", "FP32", ["N", 2]]), labels, "auc");
  const scores = [0.1, 0.9, 0.8, 0.2, 0.8, 0.2, 0.9, 0.1];
  near(measure(two, new Map([["p", fp32(4, scores)]]), 4), 3.5 / 4);
  const one = choose(VALUE, ["1", "1"], "auc");
  near(measure(one, new Map([["y", fp32(2, [1, 2])]]), 2), Number.NaN);
});

test("mean absolute error and R²", () => {
  const value = fc.float({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 7 })),
      (pairs, cuts) => {
        const truth = pairs.map(([expected]) => expected);
        const errors = pairs.map(([expected, got]) => got - expected);
        const mean = truth.reduce((sum, number) => sum + number, 0) / truth.length;
        const spread = truth.reduce((sum, number) => sum + (number - mean) ** 2, 0);
        const tensors = new Map([
          [
            "y",
            fp32(
              pairs.length,
              pairs.map(([, got]) => got),
            ),
          ],
        ]);
        const labels = truth.map(String);
        const absolute = errors.reduce((sum, error) => sum + Math.abs(error), 0) / pairs.length;
        near(measure(choose(VALUE, labels, "mae"), tensors, pairs.length, cuts), absolute);
        fc.pre(spread > 1e-3);
        const squared = errors.reduce((sum, error) => sum + error ** 2, 0);
        near(
          measure(choose(VALUE, labels, "r2"), tensors, pairs.length, cuts),
          1 - squared / spread,
        );
      },
    ),
  );
  assert.equal(choose(VALUE, ["1.5", "7"]).name, "r2");
  const flat = choose(VALUE, ["3", "3"], "r2");
  assert.equal(measure(flat, new Map([["y", fp32(2, [3, 3])]]), 2), 1);
  assert.equal(measure(flat, new Map([["y", fp32(2, [3, 4])]]), 2), 0);
});

function compare(metric: Metric, got: Tensors, original: Tensors, rows: number): number {
  const measurement = metric.start();
  measurement.add(got, { rows: Array.from({ length: rows }, (_, row) => row), original });
  return measurement.value();
}

test("agreement is the share of rows with the class of the original", () => {
  const metric = choose(SCORES);
  assert.deepEqual([metric.name, metric.needsOriginal], ["agreement", true]);
  const original = new Map([["scores", fp32(2, [1, 2, 3, 3, 2, 1])]]);
  assert.equal(compare(metric, original, original, 2), 1);
  const other = new Map([["scores", fp32(2, [9, 2, 3, 3, 2, 1])]]);
  assert.equal(compare(metric, other, original, 2), 0.5);
  const broken = new Map([["scores", fp32(2, [Number.NaN, 2, 3, 3, 2, 1])]]);
  assert.equal(compare(metric, broken, original, 2), 0.5);
});

test("SQNR is the power of the signal over that of the noise, of the worst output", () => {
  const two = gives(["a", "FP32", ["N", 4, 4]], ["b", "FP16", ["N", 1]]);
  const metric = choose(two);
  assert.equal(metric.name, "sqnr");
  const half = (values: number[]): Tensor => ({
    datatype: "FP16",
    shape: [2, 1],
    data: Uint16Array.from(values),
  });
  const original = new Map([
    ["a", fp32(2, [3, 4])],
    ["b", half([0x3c00, 0x4000])],
  ]);
  assert.equal(compare(metric, original, original, 2), Infinity);
  const noisy = new Map([
    ["a", fp32(2, [3, 4.5])],
    ["b", half([0x3c00, 0x4000])],
  ]);
  near(compare(metric, noisy, original, 2), 10 * Math.log10(25 / 0.25));
  const worse = new Map([
    ["a", fp32(2, [3, 4.5])],
    ["b", half([0x4000, 0x4000])],
  ]);
  near(compare(metric, worse, original, 2), 10 * Math.log10(5 / 1));
});

test("numbers that are lost are no answer; infinities of the original are to be kept", () => {
  const metric = choose(VALUE, undefined, "sqnr");
  const original = new Map([["y", fp32(2, [1, -Infinity])]]);
  assert.equal(compare(metric, original, original, 2), Infinity);
  for (const lost of [Number.NaN, Infinity, 0]) {
    const got = new Map([["y", fp32(2, [1, lost])]]);
    assert.equal(compare(metric, got, original, 2), -Infinity);
  }
  assert.equal(metric.drop(Infinity, -Infinity), Infinity);
});

test("what a drop is, by metric", () => {
  const labels = ["0", "1"];
  const drop = (name: MetricName, original: number, candidate: number): number =>
    choose(name === "mae" || name === "r2" ? VALUE : SCORES, labels, name).drop(
      original,
      candidate,
    );
  near(drop("accuracy", 0.97, 0.95), 0.02);
  near(drop("accuracy", 0.97, 0.98), -0.01);
  near(drop("agreement", 1, 0.99), 0.01);
  near(drop("r2", 0.5, 0.4), 0.1);
  near(drop("mae", 10, 11), 0.1);
  near(drop("mae", 10, 9), -0.1);
  assert.equal(drop("mae", 0, 0), 0);
  assert.equal(drop("mae", 0, 1), Infinity);
  near(drop("sqnr", Infinity, 20), 0.01);
  assert.equal(drop("sqnr", Infinity, Infinity), 0);
  for (const name of METRIC_NAMES) assert.equal(drop(name, 1, Number.NaN), Infinity, name);
});

test("classes by name and by number, as outputs and labels have them", () => {
  const named = gives(["label", "BYTES", ["N"]], ["p", "FP32", ["N", 2], ["no", "yes"]]);
  const answers: Tensors = new Map<string, Tensor>([
    ["label", { datatype: "BYTES", shape: [2], data: ["yes", "no"] }],
    ["p", fp32(2, [0.1, 0.9, 0.7, 0.3])],
  ]);
  assert.equal(measureWhole(choose(named, ["yes", "yes"]), answers), 0.5);
  const onlyScores: Signature = { ...named, outputs: [named.outputs[1]!] };
  assert.equal(measureWhole(choose(onlyScores, ["yes", "yes"]), answers), 0.5);
  assert.equal(measureWhole(choose(onlyScores, ["1", "0"]), answers), 1);
  assert.equal(measureWhole(choose(onlyScores, ["1.0", "0.0"]), answers), 1);
  const numbered = gives(["label", "INT64", ["N", 1]]);
  const label: Tensors = new Map([
    ["label", { datatype: "INT64", shape: [2, 1], data: new BigInt64Array([7n, 3n]) } as const],
  ]);
  assert.equal(measureWhole(choose(numbered, ["7", "7"]), label), 0.5);
  assert.equal(measureWhole(choose(numbered, ["7.0", "3.0"]), label), 1);
  const folders = choose(gives(["p", "FP32", ["N", 2]]), ["dog", "cat"], undefined, ["cat", "dog"]);
  assert.equal(measureWhole(folders, answers), 1);
  const threshold = choose(VALUE, ["1", "0"], "accuracy");
  assert.equal(measureWhole(threshold, new Map([["y", fp32(2, [0.7, 0.4])]])), 1);
});

function measureWhole(metric: Metric, tensors: Tensors): number {
  const measurement = metric.start();
  measurement.add(tensors, { rows: [0, 1] });
  return measurement.value();
}

test("a model without an axis of rows answers for one", () => {
  const single: Signature = {
    inputs: [{ name: "image", datatype: "FP32", shape: [3, 8, 8] }],
    outputs: [{ name: "p", datatype: "FP32", shape: [4] }],
  };
  const metric = choose(single, ["2"]);
  assert.equal(metric.name, "accuracy");
  const measurement = metric.start();
  const p: Tensor = { datatype: "FP32", shape: [4], data: new Float32Array([0, 1, 2, 1]) };
  measurement.add(new Map([["p", p]]), { rows: [0] });
  assert.equal(measurement.value(), 1);
});

test("without labels: agreement for classes, SQNR for anything else", () => {
  const chosen = (...outputs: Output[]): string => choose(gives(...outputs)).name;
  assert.equal(chosen(["label", "INT64", ["N"]], ["p", "FP32", ["N", 10]]), "agreement");
  assert.equal(chosen(["y", "FP32", ["N", 1]]), "sqnr");
  assert.equal(chosen(["boxes", "FP32", ["N", 100, 4]], ["count", "INT64", ["N"]]), "sqnr");
  assert.equal(chosen(["y", "FP32", ["..."]]), "sqnr");
});

test("labels that do not fit are refused with the reason", () => {
  const refuse = (
    signature: Signature,
    labels: string[] | undefined,
    wanted: MetricName | undefined,
    message: RegExp,
  ): void => assert.throws(() => choose(signature, labels, wanted), message);
  refuse(SCORES, ["3"], undefined, /"scores" has scores of 3 classes, and "3" is none of them/);
  refuse(SCORES, ["cat"], undefined, /"cat" is none of them; label rows with the numbers/);
  refuse(VALUE, ["cat"], undefined, /no output tells a class/);
  refuse(VALUE, ["cat"], "r2", /the label "cat" is no number/);
  refuse(SCORES, ["0"], "mae", /no output has one number a row/);
  refuse(SCORES, undefined, "accuracy", /accuracy needs labels/);
  refuse(VALUE, undefined, "agreement", /the model gives none$/);
  refuse(gives(["t", "BYTES", ["N", 2]]), undefined, "sqnr", /the model gives none$/);
});
