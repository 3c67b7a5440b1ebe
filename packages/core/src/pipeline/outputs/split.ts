import { z } from "zod";
import { requireType, withTypes } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { applySplit, kindOf, lowerSplit } from "./places.ts";

/** The inverse of `combine`. */
export const split: Step = defineStep({
  name: "split",
  phase: "after",
  summary: "Takes a tensor apart into columns: one for each place along its axis.",
  options: z.strictObject({
    column: z.string().describe("A tensor with one axis; it goes."),
    into: z
      .array(z.string().min(1))
      .min(1)
      .describe("Number columns (text columns for a tensor of texts), in the tensor's order."),
  }),
  examples: [
    {
      options: { column: "y", into: ["low", "high"] },
      given: { y: { datatype: "FP32", shape: [2, 2], data: [1, 2, 3, 4] } },
      gives: { low: [1, 3], high: [2, 4] },
    },
  ],
  prepare({ column, into }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    const [width = 1, ...more] = type.shape;
    if (more.length > 0 || (typeof width === "number" && width !== into.length))
      throw new StepProblem(
        `${into.length} columns for a tensor of the shape [${type.shape.join(", ")}] a row`,
        "into",
      );
    if (new Set(into).size < into.length)
      throw new StepProblem("two columns are called alike", "into");
    const places = into.map((name, place) => ({ place, into: name }));
    const kind = kindOf(type);
    const added = Object.fromEntries(into.map((name) => [name, { kind }]));
    const { lower } = lowerSplit(type, column, places);
    return {
      types: withTypes(types, { [column]: undefined, ...added }),
      apply(frame) {
        applySplit(frame, column, places);
        if (!into.includes(column)) frame.columns.delete(column);
      },
      ...(lower && {
        lower(lowering) {
          lower(lowering);
          if (!into.includes(column)) lowering.columns.delete(column);
        },
      }),
    };
  },
});
