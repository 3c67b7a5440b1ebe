import { z } from "zod";
import { DATATYPES, type Datatype } from "../datatype.ts";

const positiveInteger = z.int().positive();
const datatypes = Object.keys(DATATYPES) as [Datatype, ...Datatype[]];

const tensor = {
  datatype: z.enum(datatypes).describe("Its data type, as of the Open Inference Protocol."),
  shape: z
    .array(z.int().nonnegative())
    .describe("Lengths, with the axis of rows or without it: that is then `batchSize` long."),
};
const yes = z.literal(true);

const input = z.union([
  z.strictObject({ ...tensor, zero: yes.describe("Zeros; empty texts.") }),
  z.strictObject({
    ...tensor,
    random: yes.describe("Floats from 0 to 1, integers 0 or 1; empty texts. Always the same."),
  }),
  z.strictObject({
    ...tensor,
    file: z
      .string()
      .min(1)
      .describe(
        "A file of the bundle with the little-endian elements of one row (of the whole tensor, where " +
          "the shape has the axis of rows), row-major; each text behind its length in 4 bytes.",
      ),
  }),
]);

const sample = z.strictObject({
  name: z.string().min(1).describe("What errors call it."),
  count: positiveInteger.optional().describe("How often it runs; once by default."),
  batchSize: positiveInteger
    .optional()
    .describe("Rows, each with the same data, that run together; 1 by default."),
  inputs: z
    .record(z.string().min(1), input)
    .describe("All inputs, by name; those that the server fills for sequences may be left out."),
});

/** The section `warmup` of a manifest: runs before a version takes traffic. */
export const warmupSchema = z.array(sample);

/** A request that warms a model up. */
export type WarmupSample = z.output<typeof sample>;

/** An input of a request that warms a model up. */
export type WarmupInput = WarmupSample["inputs"][string];
