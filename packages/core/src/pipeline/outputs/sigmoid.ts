import { z } from "zod";
import { defineStep, type Step } from "../step.ts";
import { prepareElementwise } from "./elementwise.ts";

/** The logistic function, as scipy's `expit`. */
export const sigmoid: Step = defineStep({
  name: "sigmoid",
  phase: "after",
  summary:
    "Turns scores (logits) into probabilities, each by itself: for two classes, or for many at once.",
  options: z.strictObject({
    column: z.string().describe("A number column, or a tensor of scores."),
    into: z.string().optional().describe("Where the probabilities go; in place by default."),
  }),
  examples: [
    {
      options: { column: "score", into: "risk" },
      given: { score: [0, Math.log(3), null] },
      gives: { score: [0, Math.log(3), null], risk: [0.5, 0.75, null] },
    },
  ],
  prepare({ column, into = column }, { types }) {
    return prepareElementwise(types, column, into, {
      compute: logistic,
      lower: ({ builder }, value) => builder.node("Sigmoid", [value]),
    });
  },
});

/** `1 / (1 + e^-x)`. */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
