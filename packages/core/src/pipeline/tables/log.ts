import { z } from "zod";
import { matrixOf, setMatrix } from "../lowering.ts";
import { defineStep, type Step } from "../step.ts";
import { columnNames, requireNumbers } from "./fitted.ts";
import { replaceNumbers } from "./numbers.ts";

const FUNCTIONS = { log: Math.log, log1p: Math.log1p, log2: Math.log2, log10: Math.log10 };

/** What a natural logarithm is divided by. */
const BASES = { log: 1, log1p: 1, log2: Math.LN2, log10: Math.LN10 };

/** numpy's functions of these names, with its answers outside of their domain. */
export const log: Step = defineStep({
  name: "log",
  phase: "before",
  summary: "Takes logarithms: of 0 minus infinity, of less a missing value, as numpy does.",
  options: z.strictObject({
    columns: columnNames.describe("Number columns."),
    function: z
      .enum(["log", "log1p", "log2", "log10"])
      .default("log1p")
      .describe("As numpy calls it; `log1p`, the default, is `log(1 + x)`."),
    offset: z.number().default(0).describe("Added before."),
  }),
  examples: [
    {
      options: { columns: ["income"] },
      given: { income: [0, Math.E - 1, -1.5, null] },
      gives: { income: [0, 1, null, null] },
    },
    {
      options: { columns: ["rain"], function: "log10", offset: 0.1 },
      given: { rain: [0, 0.9, 99.9] },
      gives: { rain: [-1, 0, 2] },
    },
  ],
  prepare({ columns, function: name, offset }, { types }) {
    requireNumbers(types, columns);
    const compute = FUNCTIONS[name];
    return {
      types,
      apply(frame) {
        replaceNumbers(frame, columns, (given, values) => {
          for (let row = 0; row < given.length; row++) values[row] = compute(given[row]! + offset);
        });
      },
      lower(lowering) {
        const { builder } = lowering;
        const added = name === "log1p" ? offset + 1 : offset;
        let value = matrixOf(lowering, columns);
        if (added !== 0)
          value = builder.node("Add", [value, builder.constant("FP32", [], [added])]);
        value = builder.node("Log", [value]);
        if (BASES[name] !== 1)
          value = builder.node("Div", [value, builder.constant("FP32", [], [BASES[name]])]);
        setMatrix(lowering, columns, value);
      },
    };
  },
});
