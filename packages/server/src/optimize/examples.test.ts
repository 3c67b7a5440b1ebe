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

/** An output of each held-out row, as scikit-learn gave it. */
function readGolden(name: string, output: string): unknown[] {
  const lines = readFileSync(join(EXAMPLES, name, "golden.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => {
    const { answer } = JSON.parse(line) as { answer: { outputs: Record<string, unknown[]> } };
    return [answer.outputs[output]![0]].flat()[0];
  });
}

interface Example {
  readonly name: string;
  readonly labels: string;
  readonly output: string;
  readonly metric: string;
  expected(answers: readonly unknown[], labels: readonly string[]): number;
}

const share = (answers: readonly unknown[], labels: readonly string[]): number =>
  answers.filter((answer, row) => String(answer) === labels[row]).length / labels.length;

const EXAMPLE_MODELS: readonly Example[] = [
  { name: "digits", labels: "digit", output: "label", metric: "accuracy", expected: share },
  {
    name: "breast-cancer",
    labels: "diagnosis",
    output: "output_label",
    metric: "accuracy",
    expected: share,
  },
  {
    name: "diabetes",
    labels: "progression",
    output: "progression",
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

for (const { name, labels, output, metric: metricName, expected } of EXAMPLE_MODELS) {
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
    const value = expected(readGolden(name, output), samples.labels!);
    assert.ok(
      Math.abs(measurement.value() - value) < 1e-5,
      `${measurement.value()}, expected ${value}`,
    );
    assert.ok(value > 0.2);
  });
}
