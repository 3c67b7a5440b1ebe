import { z } from "zod";

const count = z.int().nonnegative();

const numbersSchema = z.strictObject({
  count: count.describe("How many were there, missing ones left out."),
  mean: z.number(),
  m2: z.number().nonnegative().describe("Sum of squared differences from the mean."),
  min: z.number(),
  max: z.number(),
  edges: z
    .array(z.number())
    .describe("Of the histogram, ascending: bin i holds numbers in [edges[i - 1], edges[i])."),
  bins: z.array(count).describe("How many numbers each bin holds; the first and last are open."),
  sketch: z
    .array(z.number())
    .describe("Quantiles, as a t-digest: mean and weight of each centroid, in turns."),
});

const columnSchema = z.strictObject({
  missing: count.describe("Rows without a value."),
  numbers: numbersSchema.optional().describe("Of a column of numbers."),
  categories: z
    .strictObject({
      counts: z.record(z.string(), count),
      other: count.describe("Rows with a category that is not listed."),
    })
    .optional()
    .describe("Of a column of categories: how often each was seen."),
  lengths: numbersSchema.optional().describe("Of a column of texts: their lengths in characters."),
});

/** What a profile file holds. */
export const profileSchema = z.strictObject({
  rows: count,
  inputs: z.record(z.string(), columnSchema),
  outputs: z.record(z.string(), columnSchema),
  covariance: z
    .strictObject({
      fields: z.array(z.string()),
      count: count.describe("Rows in which none of the fields is missing."),
      mean: z.array(z.number()),
      comoments: z
        .array(z.number())
        .describe("Sums of products of differences from the means: the lower triangle by rows."),
    })
    .optional()
    .describe("How the inputs that are numbers vary together."),
});

/**
 * Statistics of the data that a model was trained on, or of any other data of the same columns. All
 * of it can be added up, so profiles of parts of the data make the profile of the whole.
 */
export type Profile = z.output<typeof profileSchema>;
export type ColumnProfile = z.output<typeof columnSchema>;
export type NumberProfile = z.output<typeof numbersSchema>;
export type Covariance = NonNullable<Profile["covariance"]>;

/** A profile out of parsed JSON. @returns it, or what is wrong with it. */
export function toProfile(value: unknown): { profile: Profile } | { problem: string } {
  const result = profileSchema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
    return { problem: problems.slice(0, 5).join("; ") };
  }
  const profile = result.data;
  const { covariance } = profile;
  const size = covariance?.fields.length ?? 0;
  if (
    covariance?.mean.length !== (covariance && size) ||
    (covariance?.comoments.length ?? 0) !== (size * (size + 1)) / 2
  )
    return { problem: `covariance: lists of ${size} fields do not fit together` };
  return { profile };
}
