import { mergeSketches } from "./quantiles.ts";
import type { ColumnProfile, Covariance, NumberProfile, Profile } from "./schema.ts";

/**
 * The profile of two parts of the data together. Moments after Chan, Golub and LeVeque (1979).
 *
 * @throws RangeError if they count in different bins or keep different columns: summarise one with
 *   the layout of the other.
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  const covariance =
    a.covariance && b.covariance
      ? mergeCovariances(a.covariance, b.covariance)
      : (a.covariance ?? b.covariance);
  return {
    rows: a.rows + b.rows,
    inputs: mergeAll(a.inputs, b.inputs),
    outputs: mergeAll(a.outputs, b.outputs),
    ...(covariance && { covariance }),
  };
}

function mergeAll(a: Profile["inputs"], b: Profile["inputs"]): Profile["inputs"] {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length || names.some((name) => !Object.hasOwn(b, name)))
    throw new RangeError("profiles of different columns cannot be merged");
  return Object.fromEntries(names.map((name) => [name, mergeColumns(a[name]!, b[name]!)]));
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  const numbers = mergeOptional(a.numbers, b.numbers, mergeNumbers);
  const lengths = mergeOptional(a.lengths, b.lengths, mergeNumbers);
  const categories = mergeOptional(a.categories, b.categories, mergeCategories);
  return {
    missing: a.missing + b.missing,
    ...(numbers && { numbers }),
    ...(categories && { categories }),
    ...(lengths && { lengths }),
  };
}

/** A part without a single value has no statistics, only a count of missing ones. */
function mergeOptional<T>(
  a: T | undefined,
  b: T | undefined,
  merge: (a: T, b: T) => T,
): T | undefined {
  return a && b ? merge(a, b) : (a ?? b);
}

type Categories = NonNullable<ColumnProfile["categories"]>;

function mergeCategories(a: Categories, b: Categories): Categories {
  const counts: Record<string, number> = { ...a.counts };
  for (const [value, count] of Object.entries(b.counts))
    counts[value] = (Object.hasOwn(counts, value) ? counts[value]! : 0) + count;
  return { counts, other: a.other + b.other };
}

function mergeNumbers(a: NumberProfile, b: NumberProfile): NumberProfile {
  if (a.edges.length !== b.edges.length || a.edges.some((edge, index) => edge !== b.edges[index]))
    throw new RangeError("profiles that count in different bins cannot be merged");
  const count = a.count + b.count;
  const apart = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (apart * b.count) / count,
    m2: a.m2 + b.m2 + (apart * apart * a.count * b.count) / count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    edges: a.edges,
    bins: a.bins.map((bin, index) => bin + b.bins[index]!),
    sketch: [...mergeSketches(a.sketch, b.sketch)],
  };
}

function mergeCovariances(a: Covariance, b: Covariance): Covariance {
  const { fields } = a;
  if (fields.length !== b.fields.length || fields.some((field, index) => field !== b.fields[index]))
    throw new RangeError("profiles of different columns cannot be merged");
  const count = a.count + b.count;
  if (count === 0) return a;
  const apart = a.mean.map((mean, index) => b.mean[index]! - mean);
  const weight = (a.count * b.count) / count;
  const comoments = [...a.comoments];
  for (let i = 0, at = 0; i < fields.length; i++)
    for (let j = 0; j <= i; j++, at++)
      comoments[at]! += b.comoments[at]! + apart[i]! * apart[j]! * weight;
  const mean = a.mean.map((value, index) => value + (apart[index]! * b.count) / count);
  return { fields, count, mean, comoments };
}
