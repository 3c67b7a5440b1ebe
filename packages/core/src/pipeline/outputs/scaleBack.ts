import { z } from "zod";
import { requireType } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { prepareElementwise } from "./elementwise.ts";

const perPlace = z.union([z.number(), z.array(z.number()).min(1)]);

/** The inverse of the steps `standardize`, `min-max` and `robust-scale`. */
export const scaleBack: Step = defineStep({
  name: "scale-back",
  phase: "after",
  summary: "Brings predictions of a scaled target back to its own unit: `value * scale + center`.",
  options: z.strictObject({
    column: z.string().describe("A number column or a tensor of predictions."),
    scale: perPlace
      .default(1)
      .describe(
        "`StandardScaler.scale_`, `RobustScaler.scale_`, or `MinMaxScaler.data_range_` (of the " +
          "range 0 to 1); one for all, or one for each place along the tensor's last axis.",
      ),
    center: perPlace
      .default(0)
      .describe(
        "`StandardScaler.mean_`, `RobustScaler.center_` or `MinMaxScaler.data_min_`, likewise.",
      ),
    into: z.string().optional().describe("Where the result goes; in place by default."),
  }),
  examples: [
    {
      options: { column: "price", scale: 50, center: 200 },
      given: { price: [-1, 0, 2.5] },
      gives: { price: [150, 200, 325] },
    },
    {
      options: { column: "y", scale: [1, 10], center: [0, 5] },
      given: { y: { datatype: "FP32", shape: [1, 2], data: [2, 2] } },
      gives: { y: { datatype: "FP32", shape: [1, 2], data: [2, 25] } },
    },
  ],
  prepare({ column, scale, center, into = column }, { types }) {
    const type = requireType(types, column, ["number", "tensor"], "column");
    const width = type.kind === "tensor" ? (type.shape.at(-1) ?? 1) : 1;
    for (const [option, given] of Object.entries({ scale, center }))
      if (Array.isArray(given) && given.length !== width)
        throw new StepProblem(`${given.length} values for ${width} places of "${column}"`, option);
    const at = (given: number | readonly number[], place: number): number =>
      typeof given === "number" ? given : given[place]!;
    return prepareElementwise(types, column, into, {
      compute: (value, place) => value * at(scale, place) + at(center, place),
      lower({ builder }, value, datatype) {
        const constant = (given: number | readonly number[]): string =>
          typeof given === "number"
            ? builder.constant(datatype, [], [given])
            : builder.constant(datatype, given.length === 1 ? [] : [given.length], given);
        return builder.node("Add", [
          builder.node("Mul", [value, constant(scale)]),
          constant(center),
        ]);
      },
    });
  },
});
