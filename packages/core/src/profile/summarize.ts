import { numbersIn, type ColumnLayout, type ProfileLayout, type Series } from "./layout.ts";
import { sketchOf } from "./quantiles.ts";
import type { ColumnProfile, Covariance, NumberProfile, Profile } from "./schema.ts";

/** Columns of as many rows each, by name. */
export type SeriesByName = ReadonlyMap<string, Series>;

/**
 * Statistics of some rows.
 *
 * @param layout bins and categories: of this very data (`layoutOf`), or of the profile that it will
 *   be compared or merged with (`layoutFrom`). Columns that it does not know are left out.
 */
export function summarize(
  rows: number,
  inputs: SeriesByName,
  outputs: SeriesByName,
  layout: ProfileLayout,
): Profile {
  const covariance = covarianceOf(rows, inputs, layout.inputs);
  return {
    rows,
    inputs: summarizeAll(inputs, layout.inputs),
    outputs: summarizeAll(outputs, layout.outputs),
    ...(covariance && { covariance }),
  };
}

function summarizeAll(
  all: SeriesByName,
  layouts: Readonly<Record<string, ColumnLayout>>,
): Record<string, ColumnProfile> {
  const profiles: Record<string, ColumnProfile> = {};
  for (const [name, layout] of Object.entries(layouts)) {
    const series = all.get(name);
    if (series?.kind === layout.kind) profiles[name] = summarizeOne(series, layout);
  }
  return profiles;
}

function summarizeOne(series: Series, layout: ColumnLayout): ColumnProfile {
  if (layout.kind === "categories") {
    const counts = Object.fromEntries(layout.values.map((value) => [value, 0]));
    let [missing, other] = [0, 0];
    for (const value of series.values as readonly (string | null)[]) {
      if (value === null) missing++;
      else if (Object.hasOwn(counts, value)) counts[value]!++;
      else other++;
    }
    return { missing, categories: { counts, other } };
  }
  const numbers = numbersIn(series);
  const missing = series.values.length - numbers.length;
  if (numbers.length === 0) return { missing };
  const summary = summarizeNumbers(numbers, layout.edges);
  return { missing, ...(series.kind === "numbers" ? { numbers: summary } : { lengths: summary }) };
}

function summarizeNumbers(numbers: Float64Array, edges: readonly number[]): NumberProfile {
  let [min, max, mean, m2] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  const bins = Array.from({ length: edges.length + 1 }, () => 0);
  for (const [index, value] of numbers.entries()) {
    // Welford (1962): exact also where the mean is large beside the spread.
    const before = value - mean;
    mean += before / (index + 1);
    m2 += before * (value - mean);
    min = Math.min(min, value);
    max = Math.max(max, value);
    bins[binOf(value, edges)]!++;
  }
  return {
    count: numbers.length,
    mean,
    m2,
    min,
    max,
    edges: [...edges],
    bins,
    sketch: [...sketchOf(numbers)],
  };
}

/** The bin of a histogram that a number falls into: how many edges are at or below it. */
export function binOf(value: number, edges: readonly number[]): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value >= edges[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

function covarianceOf(
  rows: number,
  inputs: SeriesByName,
  layouts: Readonly<Record<string, ColumnLayout>>,
): Covariance | undefined {
  const columns = [...inputs].flatMap(([name, series]) =>
    series.kind === "numbers" && layouts[name]?.kind === "numbers"
      ? [{ name, values: series.values }]
      : [],
  );
  if (columns.length === 0) return undefined;
  const size = columns.length;
  const mean = new Float64Array(size);
  const before = new Float64Array(size);
  const comoments = new Float64Array((size * (size + 1)) / 2);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (columns.some(({ values }) => Number.isNaN(values[row]))) continue;
    count++;
    for (let i = 0; i < size; i++) {
      before[i] = columns[i]!.values[row]! - mean[i]!;
      mean[i]! += before[i]! / count;
    }
    for (let i = 0, at = 0; i < size; i++)
      for (let j = 0; j <= i; j++, at++)
        comoments[at]! += before[i]! * (columns[j]!.values[row]! - mean[j]!);
  }
  return {
    fields: columns.map(({ name }) => name),
    count,
    mean: [...mean],
    comoments: [...comoments],
  };
}
