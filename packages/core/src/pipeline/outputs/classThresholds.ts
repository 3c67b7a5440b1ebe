import { z } from "zod";
import { withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import { setMatrix, singleAtLeast, tensorOf } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { largestOf, requireClasses, requireLabels, scoresOf } from "./classes.ts";
import type { Floats } from "./elementwise.ts";

export const classThresholds: Step = defineStep({
  name: "class-thresholds",
  phase: "after",
  summary:
    "Answers the likeliest of the classes that reach their thresholds, or all of them; else abstains.",
  options: z.strictObject({
    column: z.string().describe("A tensor of one probability a class."),
    at: z
      .union([z.number(), z.array(z.number()).min(1)])
      .describe("The least probability that counts: one for all classes, or one each."),
    all: z
      .boolean()
      .default(false)
      .describe("Whether a row may be of several classes: the answer is the list of all that do."),
    abstain: z
      .string()
      .optional()
      .describe("The answer where no class does; a missing value by default. Not with `all`."),
    labels: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Names of the classes, in the model's order; by default those that it has."),
    into: z.string().describe("A text column; with `all`, a column of lists of texts."),
  }),
  examples: [
    {
      options: {
        column: "p",
        at: [0.5, 0.75],
        labels: ["cat", "dog"],
        abstain: "?",
        into: "animal",
      },
      given: {
        p: { datatype: "FP32", shape: [3, 2], data: [0.5, 0.5, 0.125, 0.875, 0.375, 0.625] },
      },
      gives: {
        p: { datatype: "FP32", shape: [3, 2], data: [0.5, 0.5, 0.125, 0.875, 0.375, 0.625] },
        animal: ["cat", "dog", "?"],
      },
    },
    {
      options: { column: "p", at: 0.5, labels: ["wind", "rain"], all: true, into: "weather" },
      given: { p: { datatype: "FP32", shape: [3, 2], data: [0.5, 0.75, 0.25, 0.875, 0, 0] } },
      gives: {
        p: { datatype: "FP32", shape: [3, 2], data: [0.5, 0.75, 0.25, 0.875, 0, 0] },
        weather: { json: [["wind", "rain"], ["rain"], []] },
      },
    },
  ],
  prepare({ column, at, all, abstain, labels, into }, { types }) {
    const classes = requireClasses(types, column, labels);
    const names = requireLabels(classes, column);
    if (typeof at !== "number" && at.length !== names.length)
      throw new StepProblem(`${at.length} thresholds for ${names.length} classes`, "at");
    if (all && abstain !== undefined)
      throw new StepProblem("of several classes, none is the empty list", "abstain");
    const least = names.map((_, place) => (typeof at === "number" ? at : at[place]!));
    const type: ColumnType = all ? { kind: "json", schema: listOf(names) } : { kind: "text" };
    const after = withTypes(types, { [into]: type });
    if (all)
      return {
        types: after,
        apply(frame) {
          const { scores, width } = scoresOf(frame, column);
          const values = Array.from({ length: frame.rows }, (_, row) =>
            names.filter((_name, place) => scores[row * width + place]! >= least[place]!),
          );
          frame.columns.set(into, { kind: "json", values });
        },
      };
    return {
      types: after,
      apply(frame) {
        const { scores, width } = scoresOf(frame, column);
        const values = Array.from({ length: frame.rows }, (_, row) => {
          const place = likeliest(scores.subarray(row * width, (row + 1) * width), least);
          return place === undefined ? (abstain ?? null) : names[place]!;
        });
        frame.columns.set(into, { kind: "text", values });
      },
      lower(lowering) {
        const { builder } = lowering;
        const { datatype } = classes;
        const { value } = tensorOf(lowering, column);
        const bounds = datatype === "FP32" ? least.map(singleAtLeast) : least;
        const reached = builder.node("GreaterOrEqual", [
          value,
          builder.constant(datatype, [names.length], bounds),
        ]);
        const masked = builder.node("Where", [
          reached,
          value,
          builder.constant(datatype, [], [Number.NEGATIVE_INFINITY]),
        ]);
        // One place more, which is the largest where no class reaches its threshold.
        const none = builder.node("Pad", [
          masked,
          builder.constant("INT64", [4], [0, 0, 0, 1]),
          builder.constant(datatype, [], [LEAST[datatype]]),
        ]);
        const place = builder.node("ArgMax", [none], { axis: { int: -1 }, keepdims: { int: 1 } });
        const texts = builder.constant("BYTES", [names.length + 1], [...names, abstain ?? ""]);
        setMatrix(lowering, [into], builder.node("Gather", [texts, place]), "text");
      },
    };
  },
});

/** Below every score. */
const LEAST = { FP32: -3.4028234663852886e38, FP64: -Number.MAX_VALUE };

function likeliest(scores: Floats, least: readonly number[]): number | undefined {
  const masked = scores.map((score, place) =>
    score >= least[place]! ? score : Number.NEGATIVE_INFINITY,
  );
  const place = largestOf(masked);
  return masked[place] === Number.NEGATIVE_INFINITY ? undefined : place;
}

function listOf(names: readonly string[]): Record<string, unknown> {
  return { type: "array", items: { type: "string", enum: names } };
}
