import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { toServable } from "@longshore/onnx";
import { readModelFile } from "../engine/modelFile.ts";
import { openRunnable } from "../../../../test/support/ort.ts";
import { chooseMetric } from "./metrics.ts";
import { openSamples } from "./samples.ts";

const EXAMPLES = join(import.meta.dirname, "../../../../examples");

/** What each held-out row was answered by scikit-learn. */
function readGolden({ name, read }: Example): unknown[] {
  const lines = readFileSync(join(EXAMPLES, name, "golden.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => {
    const { answer } = JSON.parse(line) as { answer: { outputs: Record<string, unknown> } };
    return read(answer.outputs);
  });
}

interface Example {
  readonly name: string;
  readonly labels: string;
  /** What the model itself said, out of an answer in the bundle's terms. */
  read(outputs: Readonly<Record<string, unknown>>): unknown;
  readonly metric: string;
  expected(answers: readonly unknown[], labels: readonly string[]): number;
}

const share = (answers: readonly unknown[], labels: readonly string[]): number =>
  answers.filter((answer, row) => String(answer) === labels[row]).length / labels.length;

const EXAMPLE_MODELS: readonly Example[] = [
  {
    name: "digits",
    labels: "digit",
    read: ({ digit }) => digit,
    metric: "accuracy",
    // The golden answers are to pictures of the rows; train.py prints this of the rows themselves.
    expected: () => 350 / 360,
  },
  {
    name: "breast-cancer",
    labels: "diagnosis",
    // The bundle's answer knows a third: unsure.
    read: ({ risk }) => (Number(risk) >= 0.5 ? "malignant" : "benign"),
    metric: "accuracy",
    expected: share,
  },
  {
    name: "diabetes",
    labels: "progression",
    read: ({ progression }) => progression,
    metric: "r2",
    expected(answers, labels) {
      const truth = labels.map(Number);
      const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
      const squares = (errors: number[]): number =>
        errors.reduce((sum, error) => sum + error ** 2, 0);
      const errors = squares(truth.map((value, row) => value - Number(answers[row])));
      return 1 - errors / squares(truth.map((value) => value - mean));
    },
  },
];

for (const example of EXAMPLE_MODELS) {
  const { name, labels, metric: metricName, expected } = example;
  test(`${name}: ${metricName} on its test data is that of scikit-learn's answers`, async () => {
    const { model, signature } = toServable(
      (await readModelFile(join(EXAMPLES, name, "model.onnx"))).model,
    );
    const samples = await openSamples(join(EXAMPLES, name, "test.csv"), signature, { labels });
    const metric = chooseMetric(signature, samples);
    assert.equal(metric.name, metricName);
    const measurement = metric.start();
    const rows = Array.from({ length: samples.count }, (_, row) => row);
    const runnable = await openRunnable(model);
    for await (const batch of samples.batches(rows, 32))
      measurement.add(await runnable.run(batch.tensors), { rows: batch.rows });
    await runnable.close();
    const value = expected(readGolden(example), samples.labels!);
    assert.ok(
      Math.abs(measurement.value() - value) < 1e-5,
      `${measurement.value()}, expected ${value}`,
    );
    assert.ok(value > 0.2);
  });
}
