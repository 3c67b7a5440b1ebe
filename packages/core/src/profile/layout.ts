import type { Column, ColumnTypes } from "../pipeline/frame.ts";
import { isStrings, toTypedArray } from "../tensor.ts";
import type { ColumnProfile, Profile } from "./schema.ts";
import { quantileOf, sketchOf } from "./quantiles.ts";

/** One thing to keep statistics of: a column, or the place of a label in one. */
export type Series =
  | { readonly kind: "numbers"; readonly values: Float64Array }
  | { readonly kind: "categories" | "texts"; readonly values: readonly (string | null)[] };

/** Edges and categories that are fixed, so that what is counted later can be compared. */
export type ColumnLayout =
  | { readonly kind: "numbers" | "texts"; readonly edges: readonly number[] }
  | { readonly kind: "categories"; readonly values: readonly string[] };

/** By input and by output. */
export interface ProfileLayout {
  readonly inputs: Readonly<Record<string, ColumnLayout>>;
  readonly outputs: Readonly<Record<string, ColumnLayout>>;
}

/** More categories than this are counted as `other`. */
const MAX_CATEGORIES = 50;
const BINS = 10;

/**
 * What statistics can be kept of, out of columns: numbers and categories; of texts, their lengths;
 * of a tensor with labels or with one element, each place. Files, series, other tensors and JSON have
 * none.
 *
 * @param isText whether a text column is free text and not a category.
 */
export function toSeries(
  columns: ReadonlyMap<string, Column>,
  types: ColumnTypes,
  isText: (name: string) => boolean,
): Map<string, Series> {
  const all = new Map<string, Series>();
  for (const [name, column] of columns) {
    if (column.kind === "number") all.set(name, { kind: "numbers", values: column.values });
    if (column.kind === "text") {
      const kind = isText(name) ? "texts" : "categories";
      all.set(name, { kind, values: column.values });
    }
    if (column.kind !== "tensor") continue;
    const { datatype, shape, data } = column.tensor;
    const type = types.get(name);
    const labels = type?.kind === "tensor" ? type.labels : undefined;
    const width = shape.slice(1).reduce((a, b) => a * b, 1);
    if (width !== (labels?.length ?? 1)) continue;
    if (isStrings(data)) {
      if (width === 1) all.set(name, { kind: "categories", values: data });
      continue;
    }
    const elements = toTypedArray(datatype, data);
    for (let place = 0; place < width; place++) {
      const values = Float64Array.from({ length: shape[0]! }, (_, row) =>
        Number(elements[row * width + place]),
      );
      all.set(labels ? `${name}.${labels[place]}` : name, { kind: "numbers", values });
    }
  }
  return all;
}

/** Bins with about equally many numbers each, and the most frequent categories. */
export function layoutOf(series: ReadonlyMap<string, Series>): Record<string, ColumnLayout> {
  return Object.fromEntries(
    [...series].map(([name, column]): [string, ColumnLayout] => {
      if (column.kind !== "categories")
        return [name, { kind: column.kind, edges: edgesOf(numbersIn(column)) }];
      const counts = Map.groupBy(
        column.values.filter((value) => value !== null),
        (value) => value,
      );
      const values = [...counts]
        .toSorted(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
        .slice(0, MAX_CATEGORIES)
        .map(([value]) => value);
      return [name, { kind: "categories", values }];
    }),
  );
}

/** The numbers of a column without the missing ones: of texts, their lengths. */
export function numbersIn(series: Series): Float64Array {
  if (series.kind === "numbers") return series.values.filter((value) => !Number.isNaN(value));
  const present = series.values.filter((value) => value !== null);
  return Float64Array.from(present, (text) => text.length);
}

function edgesOf(numbers: Float64Array): number[] {
  if (numbers.length === 0) return [];
  const sketch = sketchOf(numbers);
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of numbers) [min, max] = [Math.min(min, value), Math.max(max, value)];
  const edges = Array.from({ length: BINS - 1 }, (_, index) =>
    Number(quantileOf(sketch, (index + 1) / BINS, { min, max }).toPrecision(6)),
  );
  return [...new Set(edges)];
}

/** The bins and categories of a profile, for data to be compared with it. */
export function layoutFrom(profile: Profile): ProfileLayout {
  const each = (columns: Profile["inputs"]): Record<string, ColumnLayout> =>
    Object.fromEntries(
      Object.entries(columns).flatMap(([name, column]): [string, ColumnLayout][] => {
        const layout = layoutFromColumn(column);
        return layout ? [[name, layout]] : [];
      }),
    );
  return { inputs: each(profile.inputs), outputs: each(profile.outputs) };
}

function layoutFromColumn({
  numbers,
  categories,
  lengths,
}: ColumnProfile): ColumnLayout | undefined {
  if (categories) return { kind: "categories", values: Object.keys(categories.counts) };
  if (numbers) return { kind: "numbers", edges: numbers.edges };
  return lengths && { kind: "texts", edges: lengths.edges };
}
