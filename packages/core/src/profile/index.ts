/**
 * What a model's training data looked like, small enough to travel with the model: per field and per
 * output a histogram with frozen bins, quantiles, categories and how many are missing, and how the
 * number fields vary together. Profiles of parts of the data can be merged.
 */
export interface Profile {
  /** Rows that were seen. */
  readonly rows: number;
  readonly inputs: Readonly<Record<string, ColumnProfile>>;
  readonly outputs: Readonly<Record<string, ColumnProfile>>;
  /** Of the number inputs, over the rows in which none of them is missing. */
  readonly covariance?: Covariance;
}

/** One field or output. */
export interface ColumnProfile {
  readonly missing: number;
  readonly numbers?: NumberProfile;
  /** How often each category was seen; the rest of a long list is under `other`. */
  readonly categories?: {
    readonly counts: Readonly<Record<string, number>>;
    readonly other: number;
  };
}

export interface NumberProfile {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared differences from the mean (Welford), so that profiles can be merged. */
  readonly m2: number;
  readonly min: number;
  readonly max: number;
  /** `counts[i]` numbers lie in `[edges[i - 1], edges[i])`; the first and last bins are open. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
  /** A mergeable quantile sketch: see `quantiles.ts`. */
  readonly sketch: readonly number[];
}

/** Means and co-moments of several fields together. */
export interface Covariance {
  readonly fields: readonly string[];
  readonly count: number;
  readonly mean: readonly number[];
  /** Sums of products of differences from the means: the lower triangle, row by row. */
  readonly comoments: readonly number[];
}
