import { z } from "zod";
import { DATATYPES, type Datatype } from "../datatype.ts";

const positiveInteger = z.int().positive();

const described = {
  description: z.string().optional().describe("What it is, for people."),
};

const optionality = {
  optional: z
    .boolean()
    .optional()
    .describe("Callers may leave it out or send null; the pipeline then sees a missing value."),
};

const range = z
  .tuple([z.number().nullable(), z.number().nullable()])
  .describe("Lowest and highest plausible value, null for none. The step `outliers` acts on it.");

const number = z
  .strictObject({
    type: z.literal("number"),
    ...described,
    ...optionality,
    unit: z.string().optional().describe("Such as `mm` or `years`."),
    range: range.optional(),
    integer: z.boolean().optional().describe("Only whole numbers are taken."),
    default: z.number().optional().describe("What `outliers` puts in place of a bad value."),
    example: z.number().optional().describe("A plausible value, shown to callers."),
  })
  .describe("A number a row.");

const boolean = z
  .strictObject({
    type: z.literal("boolean"),
    ...described,
    ...optionality,
    default: z.boolean().optional().describe("What `outliers` puts in place of a bad value."),
    example: z.boolean().optional().describe("A plausible value, shown to callers."),
  })
  .describe("True or false; the pipeline sees 1 or 0.");

const category = z
  .strictObject({
    type: z.literal("category"),
    ...described,
    ...optionality,
    values: z.array(z.string()).min(1).optional().describe("The categories seen in training."),
    default: z.string().optional().describe("What `outliers` puts in place of a bad value."),
    example: z.string().optional().describe("A plausible value, shown to callers."),
  })
  .describe("One of some texts.");

const text = z
  .strictObject({
    type: z.literal("text"),
    ...described,
    ...optionality,
    maxLength: positiveInteger.optional().describe("In characters; longer texts are refused."),
    example: z.string().optional().describe("A plausible value, shown to callers."),
  })
  .describe("Any text.");

const date = z
  .strictObject({
    type: z.literal("date"),
    ...described,
    ...optionality,
    example: z.string().optional().describe("A plausible value, shown to callers."),
  })
  .describe("A date or a time, as ISO 8601 writes it: `2026-11-23` or `2026-11-23T08:30:00Z`.");

const image = z
  .strictObject({
    type: z.literal("image"),
    ...described,
    ...optionality,
    maxPixels: positiveInteger
      .optional()
      .describe("Larger images are refused; 50 million by default."),
  })
  .describe("A JPEG, PNG or WebP file; in JSON in base64 or as a data URL.");

const audio = z
  .strictObject({
    type: z.literal("audio"),
    ...described,
    ...optionality,
    maxSeconds: z
      .number()
      .positive()
      .optional()
      .describe("Longer recordings are refused; 600 by default."),
  })
  .describe("A WAV file; in JSON in base64 or as a data URL.");

const series = z
  .strictObject({
    type: z.literal("series"),
    ...described,
    unit: z.string().optional().describe("Such as `mm` or `years`."),
    minLength: positiveInteger.optional().describe("In samples; shorter ones are refused."),
    maxLength: positiveInteger.optional().describe("In samples; longer ones are refused."),
    rate: z.number().positive().optional().describe("Samples a second."),
    example: z.array(z.number()).optional().describe("Plausible values, shown to callers."),
  })
  .describe("A list of numbers, such as the samples of a sensor.");

const tensor = z
  .strictObject({
    type: z.literal("tensor"),
    ...described,
    datatype: z
      .enum(Object.keys(DATATYPES) as [Datatype, ...Datatype[]])
      .describe("As the Open Inference Protocol names it."),
    shape: z.array(positiveInteger).describe("Of one row."),
    range: range.optional(),
  })
  .describe("Nested lists of one shape.");

/** What callers send. */
export const inputFieldSchema = z.discriminatedUnion("type", [
  number,
  boolean,
  category,
  text,
  date,
  image,
  audio,
  series,
  tensor,
]);

/** What callers get: what a column of the pipeline's end means. */
export const outputFieldSchema = z.discriminatedUnion("type", [
  z
    .strictObject({
      type: z.literal("number"),
      ...described,
      unit: z.string().optional().describe("Such as `mm` or `years`."),
      range: range.optional(),
    })
    .describe("A number a row."),
  z
    .strictObject({
      type: z.literal("category"),
      ...described,
      values: z.array(z.string()).min(1).optional().describe("All that it can be."),
    })
    .describe("One of some texts, such as a class."),
  z.strictObject({ type: z.literal("text"), ...described }).describe("Any text."),
  z
    .strictObject({ type: z.literal("tensor"), ...described })
    .describe("Nested lists, or an object by label along an axis with labels."),
  z
    .strictObject({ type: z.literal("json"), ...described })
    .describe("What the step that makes it says: a list of boxes, the likeliest labels."),
]);

export type InputField = z.output<typeof inputFieldSchema>;
export type OutputField = z.output<typeof outputFieldSchema>;

/** Names of fields: they become JSON keys, CSV columns and form fields. */
export const fieldName = z.string().min(1).max(200);
