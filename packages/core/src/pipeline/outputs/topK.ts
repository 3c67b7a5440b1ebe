import { z } from "zod";
import { withTypes } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { requireClasses, requireLabels, scoresOf } from "./classes.ts";

/** Equal scores in the order of the classes. */
export const topK: Step = defineStep({
  name: "top-k",
  phase: "after",
  summary: "Lists the k likeliest classes of each row with their scores, the likeliest first.",
  options: z.strictObject({
    column: z.string().describe("A tensor of one score a class."),
    k: z.int().positive().describe("How many."),
    into: z.string().describe("A column of lists: `[{label, score}, …]`."),
    labels: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Names of the classes, in the model's order; by default those that it has."),
  }),
  examples: [
    {
      options: { column: "p", k: 2, into: "best", labels: ["cat", "dog", "fox"] },
      given: { p: { datatype: "FP64", shape: [1, 3], data: [0.25, 0.125, 0.625] } },
      gives: {
        p: { datatype: "FP64", shape: [1, 3], data: [0.25, 0.125, 0.625] },
        best: {
          json: [
            [
              { label: "fox", score: 0.625 },
              { label: "cat", score: 0.25 },
            ],
          ],
        },
      },
    },
  ],
  prepare({ column, k, into, labels }, { types }) {
    const classes = requireClasses(types, column, labels);
    const names = requireLabels(classes, column);
    if (k > names.length) throw new StepProblem(`k is ${k} of ${names.length} classes`, "k");
    const item = {
      type: "object",
      properties: { label: { type: "string", enum: names }, score: { type: "number" } },
      required: ["label", "score"],
    };
    const schema = { type: "array", items: item, minItems: k, maxItems: k };
    return {
      types: withTypes(types, { [into]: { kind: "json", schema } }),
      apply(frame) {
        const { scores, width } = scoresOf(frame, column);
        const values = Array.from({ length: frame.rows }, (_, row) =>
          Array.from(scores.subarray(row * width, (row + 1) * width), (score, place) => ({
            label: names[place]!,
            score,
          }))
            .toSorted((a, b) => b.score - a.score)
            .slice(0, k),
        );
        frame.columns.set(into, { kind: "json", values });
      },
    };
  },
});
