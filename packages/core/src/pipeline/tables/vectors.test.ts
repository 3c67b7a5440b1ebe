/** Parity with scikit-learn and numpy; `vectors/make.py` has written down what they answer. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { StepConfig } from "../config.ts";
import { NO_PLATFORM, runStep, toFrame } from "../exampleFrame.test.ts";
import type { ExampleColumn } from "../example.ts";
import type { Column } from "../frame.ts";
import { newNotes } from "../notes.ts";
import { preparePipeline } from "../pipeline.ts";
import { STEPS } from "../steps.ts";
import { murmurHash3 } from "./murmurHash3.ts";

interface Case {
  readonly step: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly given: Readonly<Record<string, ExampleColumn>>;
  readonly gives: Readonly<Record<string, readonly unknown[]>>;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, import.meta.url), "utf8"));
}

const { cases, pipeline } = read("steps.json") as {
  cases: readonly Case[];
  pipeline: {
    readonly before: readonly StepConfig[];
    readonly given: Readonly<Record<string, ExampleColumn>>;
    readonly x: readonly (readonly number[])[];
  };
};

/** How far a number may be off, of the largest of 1 and the number expected. */
const TOLERANCE = 1e-12;

describe("steps answer as scikit-learn does", () => {
  const names = [...new Set(cases.map(({ step }) => step))];
  assert.deepEqual(names.toSorted(), [
    "bucket",
    "clip",
    "hashing",
    "impute",
    "log",
    "min-max",
    "one-hot",
    "ordinal",
    "robust-scale",
    "standardize",
  ]);
  for (const name of names) {
    const step = STEPS.find((each) => each.name === name)!;
    for (const [index, each] of cases.filter((one) => one.step === name).entries()) {
      test(`${name} ${index}`, async () => {
        const { frame } = await runStep(step, each);
        assert.deepEqual([...frame.columns.keys()], Object.keys(each.gives));
        for (const [column, expected] of Object.entries(each.gives))
          assertNear(frame.columns.get(column)!, expected, column);
      });
    }
  }
});

test("a ColumnTransformer's answers come out of the steps that it becomes", async () => {
  const { before, given, x } = pipeline;
  const width = x[0]!.length;
  const inputs = Object.fromEntries(
    Object.entries(given).map(([name, column]) => [
      name,
      { type: isNumbers(column) ? "number" : "category" } as const,
    ]),
  );
  const { before: run } = await preparePipeline(
    { inputs, pipeline: { before: before.map((step) => parseStep(step)) } },
    { inputs: [{ name: "x", datatype: "FP64", shape: ["N", width] }], outputs: [] },
    NO_PLATFORM,
  );
  const tensor = (await run(toFrame(given), newNotes())).get("x")!;
  assert.deepEqual(tensor.shape, [x.length, width]);
  assertNear({ kind: "tensor", tensor }, x, "x");
});

function isNumbers(column: ExampleColumn): boolean {
  return Array.isArray(column) && !column.some((value) => typeof value === "string");
}

/** Options with their defaults, as the manifest reads them. */
function parseStep({ step: name, ...options }: StepConfig): StepConfig {
  const step = STEPS.find((each) => each.name === name)!;
  return { step: name, ...step.options.parse(options) };
}

function assertNear(column: Column, expected: readonly unknown[], name: string): void {
  const got = elementsOf(column);
  const wanted = expected.flat();
  assert.equal(got.length, wanted.length, name);
  for (const [index, value] of wanted.entries()) {
    const found = got[index];
    const near =
      typeof value === "number" && typeof found === "number"
        ? Math.abs(found - value) <= TOLERANCE * Math.max(1, Math.abs(value))
        : found === value;
    assert.ok(near, `${name}[${index}] is ${String(found)}, expected ${String(value)}`);
  }
}

/** Missing numbers as null, as the vectors have them. */
function elementsOf(column: Column): unknown[] {
  const values =
    column.kind === "tensor" ? (column.tensor.data as Float32Array) : (column.values as unknown[]);
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

test("texts hash as in scikit-learn", () => {
  const { hashes } = read("murmurHash3.json") as { hashes: readonly [string, number][] };
  assert.ok(hashes.length >= 40);
  for (const [text, hash] of hashes)
    assert.equal(murmurHash3(new TextEncoder().encode(text)), hash, text);
});
