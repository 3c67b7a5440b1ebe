import { z } from "zod";
import { defineStep, type Step } from "../step.ts";
import { prepareElementwise } from "./elementwise.ts";
import { logistic } from "./sigmoid.ts";

/**
 * Source: Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized
 * Likelihood Methods" (1999); scikit-learn's `CalibratedClassifierCV(method="sigmoid")`.
 */
export const platt: Step = defineStep({
  name: "platt",
  phase: "after",
  summary: "Calibrates a score to a probability by Platt's method: `1 / (1 + exp(a * score + b))`.",
  options: z.strictObject({
    column: z.string().describe("A number column or a tensor of scores, as they were in fitting."),
    a: z.number().describe("`a_` of the fitted calibrator; negative where higher scores mean yes."),
    b: z.number().describe("`b_` of the fitted calibrator."),
    into: z.string().optional().describe("Where the probabilities go; in place by default."),
  }),
  examples: [
    {
      options: { column: "score", a: -2, b: 0, into: "risk" },
      given: { score: [0, Math.log(3) / 2] },
      gives: { score: [0, Math.log(3) / 2], risk: [0.5, 0.75] },
    },
  ],
  prepare({ column, a, b, into = column }, { types }) {
    return prepareElementwise(types, column, into, {
      compute: (value) => logistic(-(a * value + b)),
      lower({ builder }, value, datatype) {
        const constant = (number: number): string => builder.constant(datatype, [], [number]);
        const scaled = builder.node("Mul", [value, constant(-a)]);
        return builder.node("Sigmoid", [builder.node("Sub", [scaled, constant(b)])]);
      },
    });
  },
});
