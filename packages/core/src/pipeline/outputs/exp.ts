import { z } from "zod";
import { defineStep, type Step } from "../step.ts";
import { prepareElementwise } from "./elementwise.ts";

const FUNCTIONS = {
  exp: Math.exp,
  expm1: Math.expm1,
  exp2: (x: number): number => 2 ** x,
  exp10: (x: number): number => 10 ** x,
};

/** The logarithm of what a power of e is taken instead of. */
const BASES = { exp: 1, expm1: 1, exp2: Math.LN2, exp10: Math.LN10 };

/** The inverse of the step `log`. */
export const exp: Step = defineStep({
  name: "exp",
  phase: "after",
  summary: "Takes predictions of a target's logarithm back to the target itself.",
  options: z.strictObject({
    column: z.string().describe("A number column or a tensor of predictions."),
    function: z
      .enum(["exp", "expm1", "exp2", "exp10"])
      .default("expm1")
      .describe("`expm1`, the default, is `e^x - 1`, the inverse of `log1p`."),
    offset: z
      .number()
      .default(0)
      .describe("What was added before the logarithm; subtracted after."),
    into: z.string().optional().describe("Where the result goes; in place by default."),
  }),
  examples: [
    {
      options: { column: "income" },
      given: { income: [0, Math.LN2, null] },
      gives: { income: [0, 1, null] },
    },
    {
      options: { column: "rain", function: "exp10", offset: 0.1 },
      given: { rain: [-1, 0, 2] },
      gives: { rain: [0, 0.9, 99.9] },
    },
  ],
  prepare({ column, function: name, offset, into = column }, { types }) {
    const compute = FUNCTIONS[name];
    return prepareElementwise(types, column, into, {
      compute: (value) => compute(value) - offset,
      lower({ builder }, value, datatype) {
        const constant = (number: number): string => builder.constant(datatype, [], [number]);
        const base = BASES[name];
        const exponent = base === 1 ? value : builder.node("Mul", [value, constant(base)]);
        const power = builder.node("Exp", [exponent]);
        const less = name === "expm1" ? offset + 1 : offset;
        return less === 0 ? power : builder.node("Sub", [power, constant(less)]);
      },
    });
  },
});
