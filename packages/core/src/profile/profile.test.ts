import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Column } from "../pipeline/frame.ts";
import { layoutFrom, layoutOf, toSeries, type Series } from "./layout.ts";
import { mergeProfiles } from "./merge.ts";
import { mergeSketches, quantileOf, sketchOf } from "./quantiles.ts";
import { toProfile, type Profile } from "./schema.ts";
import { binOf, summarize, type SeriesByName } from "./summarize.ts";

function numbers(values: readonly number[]): { kind: "numbers"; values: Float64Array } {
  return { kind: "numbers", values: Float64Array.from(values) };
}

/** Numbers of several shapes, many of them equal. */
const anyNumbers = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, min: 1e-9, max: 1e-3 }),
  ),
  { minLength: 1, maxLength: 2000 },
);

/** Share of the numbers that are below a value, and share that are at most it. */
function ranksOf(values: readonly number[], value: number): [number, number] {
  const below = values.filter((other) => other < value).length;
  const upTo = values.filter((other) => other <= value).length;
  return [below / values.length, upTo / values.length];
}

describe("quantiles", () => {
  test("ranks are right within a few hundredths, the tails better, whatever the numbers", () => {
    fc.assert(
      fc.property(anyNumbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const range = { min: Math.min(...values), max: Math.max(...values) };
        const sketch = sketchOf(Float64Array.from(values));
        assert.ok(sketch.length <= 2 * 40, `${sketch.length / 2} centroids`);
        const value = quantileOf(sketch, share, range);
        const [low, high] = ranksOf(values, value);
        const slack = 0.06 * Math.sqrt(share * (1 - share)) * 2 + 1.5 / values.length;
        assert.ok(share >= low - slack && share <= high + slack, `${share}: ${low} to ${high}`);
      }),
    );
  });

  test("a merged sketch is as good as that of all numbers", () => {
    fc.assert(
      fc.property(anyNumbers, anyNumbers, (a, b) => {
        const all = [...a, ...b];
        const range = { min: Math.min(...all), max: Math.max(...all) };
        const merged = mergeSketches(
          sketchOf(Float64Array.from(a)),
          sketchOf(Float64Array.from(b)),
        );
        assert.ok(merged.length <= 2 * 40);
        for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
          const [low, high] = ranksOf(all, quantileOf(merged, share, range));
          const slack = 0.1 + 2 / Math.min(a.length, b.length);
          assert.ok(share >= low - slack && share <= high + slack, `${share}: ${low} to ${high}`);
        }
      }),
    );
  });

  test("of nothing, of one, of equal numbers", () => {
    assert.deepEqual(quantileOf(sketchOf(new Float64Array()), 0.5, { min: 0, max: 0 }), Number.NaN);
    const range = { min: 7, max: 7 };
    assert.equal(quantileOf(sketchOf(Float64Array.of(7)), 0.3, range), 7);
    assert.equal(quantileOf(sketchOf(new Float64Array(1000).fill(7)), 0.99, range), 7);
  });
});

test("bins hold from their edge on", () => {
  const bins = [-1, 0, 0.5, 1, 2, 3].map((value) => binOf(value, [0, 1, 2]));
  assert.deepEqual(bins, [0, 1, 1, 2, 3, 3]);
});

/** The same statistics, computed as their definitions say. */
function naive(values: readonly number[]): { mean: number; m2: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, m2: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

function close(got: number, expected: number, scale: number): void {
  assert.ok(Math.abs(got - expected) <= 1e-9 * Math.max(1, scale), `${got} is not ${expected}`);
}

const anyRows = fc.array(
  fc.record({
    a: fc.option(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), { nil: Number.NaN, freq: 5 }),
    b: fc.double({ noNaN: true, min: -1e3, max: 1e3 }),
    c: fc.option(fc.constantFrom("x", "y", "z", "constructor"), { nil: null, freq: 5 }),
  }),
  { minLength: 1, maxLength: 60 },
);
type Rows = readonly { a: number; b: number; c: string | null }[];

function toInputs(rows: Rows): SeriesByName {
  return new Map<string, Series>([
    ["a", numbers(rows.map(({ a }) => a))],
    ["b", numbers(rows.map(({ b }) => b))],
    ["c", { kind: "categories", values: rows.map(({ c }) => c) }],
  ]);
}

test("statistics are what their definitions say", () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const inputs = toInputs(rows);
      const profile = summarize(rows.length, inputs, new Map(), {
        inputs: layoutOf(inputs),
        outputs: {},
      });
      const present = rows.map(({ a }) => a).filter((value) => !Number.isNaN(value));
      assert.equal(profile.inputs["a"]!.missing, rows.length - present.length);
      const found = profile.inputs["a"]!.numbers;
      assert.equal(found?.count ?? 0, present.length);
      if (found) {
        close(found.mean, naive(present).mean, 1e3);
        close(found.m2, naive(present).m2, 1e8);
        assert.equal(
          found.bins.reduce((sum, bin) => sum + bin, 0),
          present.length,
        );
      }
      const { counts, other } = profile.inputs["c"]!.categories!;
      assert.equal(other, 0);
      for (const [value, count] of Object.entries(counts))
        assert.equal(count, rows.filter(({ c }) => c === value).length);
      const whole = rows.filter(({ a }) => !Number.isNaN(a));
      const { count, comoments } = profile.covariance!;
      assert.equal(count, whole.length);
      if (count === 0) return;
      const [meanA, meanB] = [
        naive(whole.map(({ a }) => a)).mean,
        naive(whole.map(({ b }) => b)).mean,
      ];
      const together = whole.reduce((sum, { a, b }) => sum + (a - meanA) * (b - meanB), 0);
      close(comoments[1]!, together, 1e8);
    }),
  );
});

test("profiles of parts make the profile of the whole", () => {
  fc.assert(
    fc.property(anyRows, anyRows, (first, second) => {
      const all = [...first, ...second];
      const layout = { inputs: layoutOf(toInputs(all)), outputs: {} };
      const of = (rows: Rows): Profile => summarize(rows.length, toInputs(rows), new Map(), layout);
      const merged = mergeProfiles(of(first), of(second));
      const whole = of(all);
      assert.equal(merged.rows, whole.rows);
      assert.deepEqual(merged.inputs["c"], whole.inputs["c"]);
      for (const name of ["a", "b"]) {
        const [got, expected] = [merged.inputs[name]!, whole.inputs[name]!];
        assert.equal(got.missing, expected.missing);
        if (!expected.numbers) continue;
        assert.deepEqual(got.numbers!.bins, expected.numbers.bins);
        close(got.numbers!.mean, expected.numbers.mean, 1e3);
        close(got.numbers!.m2, expected.numbers.m2, 1e9);
      }
      assert.equal(merged.covariance!.count, whole.covariance!.count);
      merged.covariance!.comoments.forEach((value, index) =>
        close(value, whole.covariance!.comoments[index]!, 1e9),
      );
    }),
  );
});

test("different bins or columns are not merged", () => {
  const of = (values: number[], name = "a"): Profile => {
    const inputs = new Map([[name, numbers(values)]]);
    return summarize(values.length, inputs, new Map(), { inputs: layoutOf(inputs), outputs: {} });
  };
  assert.throws(() => mergeProfiles(of([1, 2, 3]), of([4, 5, 6])), /different bins/);
  assert.throws(() => mergeProfiles(of([1]), of([1], "b")), /different columns/);
});

test("columns become series: labels one by one, files and long tensors none", () => {
  const tensor = (shape: number[], data: number[]): Column => ({
    kind: "tensor",
    tensor: { datatype: "FP32", shape, data: Float32Array.from(data) },
  });
  const columns = new Map<string, Column>([
    ["p", tensor([2, 2], [0.25, 0.75, 1, 0])],
    ["v", tensor([2, 3], [1, 2, 3, 4, 5, 6])],
    ["y", tensor([2, 1], [5, 6])],
    ["photo", { kind: "bytes", values: [null, null] }],
    ["note", { kind: "text", values: ["abc", null] }],
    ["label", { kind: "text", values: ["yes", "no"] }],
  ]);
  const types = new Map([
    ["p", { kind: "tensor", datatype: "FP32", shape: [2], labels: ["no", "yes"] } as const],
  ]);
  const series = toSeries(columns, types, (name) => name === "note");
  assert.deepEqual([...series.keys()], ["p.no", "p.yes", "y", "note", "label"]);
  assert.deepEqual([...series.get("p.yes")!.values], [0.75, 0]);
  const layout = { inputs: {}, outputs: layoutOf(series) };
  const profile = summarize(2, new Map(), series, layout);
  assert.equal(profile.outputs["note"]!.lengths!.mean, 3);
  assert.deepEqual(profile.outputs["label"]!.categories!.counts, { no: 1, yes: 1 });
  assert.deepEqual(toProfile(JSON.parse(JSON.stringify(profile))), { profile });
  // Later data are counted in the same bins.
  const later = summarize(2, new Map(), series, layoutFrom(profile));
  assert.deepEqual(later, profile);
});

test("a file that is no profile is refused in words", () => {
  assert.match((toProfile({ rows: -1 }) as { problem: string }).problem, /^rows: /);
  const covariance = { fields: ["a"], count: 1, mean: [1], comoments: [] };
  const { problem } = toProfile({ rows: 1, inputs: {}, outputs: {}, covariance }) as {
    problem: string;
  };
  assert.match(problem, /covariance/);
});
