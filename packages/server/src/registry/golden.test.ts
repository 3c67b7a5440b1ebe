import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fail } from "@longshore/core";
import type { GoldenExample } from "@longshore/core/golden";
import { temporaryFolder } from "../../../../test/support/models.ts";
import {
  askGolden,
  describeMisses,
  goldenLimitsOf,
  readGoldenOf,
  runGolden,
  type Asked,
  type GoldenLimits,
} from "./golden.ts";

const EXACT: GoldenLimits = { tolerance: 0.01, variantTolerance: 0, agreement: 1 };

/** An example whose request says what it will be answered with. */
function example(line: number, got: unknown, answer: unknown, tolerance?: number): GoldenExample {
  return { line, request: got, answer, tolerance };
}

/** Answers a request with itself, after a turn of the event loop. */
const echo: Asked = async ({ body }) => {
  await new Promise(setImmediate);
  return { body };
};

test("answers within the tolerance pass, whatever else they say", async () => {
  const examples = [
    example(1, { y: 1.005, more: 2 }, { y: 1 }),
    example(2, { y: 100.9, label: "a" }, { y: 100, label: "a" }),
  ];
  const report = await runGolden(echo, examples, EXACT);
  assert.ok(report.passed);
  assert.equal(report.examples, 2);
  assert.deepEqual(report.misses, []);
  assert.ok(Math.abs(report.distance - 0.009) < 1e-12);
});

test("misses are told with line and place, the worst first", async () => {
  const examples = [
    example(1, { y: 1 }, { y: 1 }),
    example(3, { y: [1, 2.5] }, { y: [1, 2] }),
    example(5, { label: "benign" }, { label: 1 }),
    example(9, { label: "benign" }, { label: "malignant" }),
  ];
  const report = await runGolden(echo, examples, EXACT);
  assert.ok(!report.passed);
  assert.equal(
    describeMisses(report),
    "3 of 4 golden answers are off by more than they may be; " +
      'line 5: label: expected 1, got "benign"; ' +
      'line 9: label: expected "malignant", got "benign"; ' +
      "line 3: y[1]: expected 2, got 2.5 (off by 2.5e-1)",
  );
});

test("an error is a miss with its message, and so is an answer that is no JSON", async () => {
  const refuse: Asked = async ({ body }) => {
    if (body.length > 1) return { body: "<html>" };
    throw fail("REJECTED", { reason: "refused: too far off" });
  };
  const examples = [example(1, 7, 7), example(2, 77, 77)];
  const { misses } = await runGolden(refuse, examples, EXACT);
  assert.equal(misses[0]!.worst, "refused: too far off");
  assert.match(misses[1]!.worst, /JSON/);
  assert.deepEqual(
    misses.map(({ distance }) => distance),
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  );
});

test("an example's own tolerance takes the place of the bundle's, a variant's is added to both", async () => {
  const examples = [example(1, 1.05, 1, 0.1), example(2, 1.005, 1, 0.001), example(3, 1.02, 1)];
  const lines = async (limits: GoldenLimits): Promise<number[]> =>
    (await runGolden(echo, examples, limits)).misses.map(({ line }) => line).toSorted();
  assert.deepEqual(await lines(EXACT), [2, 3]);
  assert.deepEqual(await lines({ ...EXACT, variantTolerance: 0.005 }), [3]);
  assert.deepEqual(await lines({ ...EXACT, variantTolerance: 0.02 }), [3]);
  assert.deepEqual(await lines({ ...EXACT, variantTolerance: 0.021 }), []);
});

test("a variant may be granted that some are wrong", async () => {
  const examples = Array.from({ length: 10 }, (_, line) =>
    example(line + 1, line === 0 ? "b" : "a", "a"),
  );
  const passed = async (agreement: number): Promise<boolean> =>
    (await runGolden(echo, examples, { ...EXACT, agreement })).passed;
  assert.equal(await passed(0.9), true);
  assert.equal(await passed(0.91), false);
  const report = await runGolden(echo, examples, { ...EXACT, agreement: 0.955 });
  assert.match(describeMisses(report), /^1 of 10 .*, 95\.5 % must be right; line 1: /);
});

test("limits are those of the variant that is asked", () => {
  const variant = { target: "x64", model: "v.onnx", original: "0".repeat(64) };
  const manifest = {
    golden: { file: "golden.jsonl", tolerance: 0.1 },
    variants: [
      { ...variant, name: "lossy", tolerance: 0.3, agreement: 0.9 },
      { ...variant, name: "exact" },
    ],
  };
  const limits = (tolerance: number, agreement: number): GoldenLimits => {
    return { tolerance: 0.1, variantTolerance: tolerance, agreement };
  };
  assert.deepEqual(goldenLimitsOf(manifest, "lossy"), limits(0.3, 0.9));
  assert.deepEqual(goldenLimitsOf(manifest, "exact"), limits(0, 1));
  assert.deepEqual(goldenLimitsOf(manifest, "original"), limits(0, 1));
  assert.deepEqual(goldenLimitsOf(manifest, undefined), limits(0, 1));
});

test("no more are asked at a time than may wait, and all are asked", async () => {
  for (const [room, most] of [
    [3, 3],
    [undefined, 64],
  ] as const) {
    let [running, highest] = [0, 0];
    const counting: Asked = async (call, context) => {
      highest = Math.max(highest, ++running);
      const reply = await echo(call, context);
      running--;
      return reply;
    };
    const examples = Array.from({ length: 200 }, (_, index) => example(index + 1, index, index));
    const results = await askGolden(counting, examples, EXACT, room);
    assert.equal(highest, most);
    assert.deepEqual(
      results.map(({ line }) => line),
      examples.map(({ line }) => line),
    );
  }
});

test("the file is one of the bundle's, and is named where it is wrong", async () => {
  using temporary = temporaryFolder();
  const folder = join(temporary.path, "bundle");
  mkdirSync(folder);
  const of = (file: string): Promise<GoldenExample[] | undefined> =>
    readGoldenOf({ folder, manifest: { golden: { file, tolerance: 0 } } });
  assert.equal(await readGoldenOf({ folder, manifest: {} }), undefined);
  const line = '{"request": 1, "answer": 2}\n';
  writeFileSync(join(folder, "golden.jsonl"), line);
  assert.equal((await of("golden.jsonl"))!.length, 1);
  writeFileSync(join(folder, "golden.jsonl"), `${line}7\n`);
  const wrong = (message: string): object => ({ code: "DATA_INVALID", message });
  await assert.rejects(of("golden.jsonl"), wrong("golden.jsonl: line 2: expected an object"));
  await assert.rejects(of("none.jsonl"), /none\.jsonl: there is no such file in the bundle/);
  writeFileSync(join(temporary.path, "outside.jsonl"), line);
  symlinkSync(join(temporary.path, "outside.jsonl"), join(folder, "link.jsonl"));
  for (const outside of ["../outside.jsonl", "link.jsonl"])
    await assert.rejects(of(outside), /lies outside of the bundle/);
});
