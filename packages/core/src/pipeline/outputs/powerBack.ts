import { z } from "zod";
import { defineStep, type Step } from "../step.ts";
import { prepareElementwise } from "./elementwise.ts";

/**
 * scikit-learn's `PowerTransformer.inverse_transform`, without its standardisation: put the step
 * `scale-back` before.
 *
 * Sources: Box and Cox, "An Analysis of Transformations" (1964); Yeo and Johnson, "A New Family of
 * Power Transformations to Improve Normality or Symmetry" (2000).
 */
export const powerBack: Step = defineStep({
  name: "power-back",
  phase: "after",
  summary: "Takes predictions of a target that a power transform made normal back to the target.",
  options: z.strictObject({
    column: z.string().describe("A number column or a tensor of predictions."),
    method: z.enum(["yeo-johnson", "box-cox"]).describe("`PowerTransformer.method`."),
    lambda: z.number().describe("`PowerTransformer.lambdas_` of the target."),
    into: z.string().optional().describe("Where the result goes; in place by default."),
  }),
  examples: [
    {
      options: { column: "y", method: "box-cox", lambda: 0.5 },
      given: { y: [0, 2, null] },
      gives: { y: [1, 4, null] },
    },
    {
      options: { column: "y", method: "yeo-johnson", lambda: 0 },
      given: { y: [0, Math.LN2, -1.5] },
      gives: { y: [0, 1, -1] },
    },
  ],
  prepare({ column, method, lambda, into = column }, { types }) {
    const compute =
      method === "box-cox"
        ? (y: number) => boxCoxBack(y, lambda)
        : (y: number) => yeoJohnsonBack(y, lambda);
    return prepareElementwise(types, column, into, { compute });
  },
});

function boxCoxBack(y: number, lambda: number): number {
  return lambda === 0 ? Math.exp(y) : (y * lambda + 1) ** (1 / lambda);
}

function yeoJohnsonBack(y: number, lambda: number): number {
  if (y >= 0) return lambda === 0 ? Math.expm1(y) : (y * lambda + 1) ** (1 / lambda) - 1;
  const mirrored = 2 - lambda;
  return mirrored === 0 ? -Math.expm1(-y) : 1 - (1 - mirrored * y) ** (1 / mirrored);
}
