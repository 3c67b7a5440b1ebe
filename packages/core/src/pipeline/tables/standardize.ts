import { z } from "zod";
import { numbersOf, requireTypes } from "../columns.ts";
import { matrixOf, setMatrix } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";

/** scikit-learn's `StandardScaler`: `(x - mean) / scale`. */
export const standardize: Step = defineStep({
  name: "standardize",
  phase: "before",
  summary: "Shifts and scales number columns to mean 0 and variance 1, as they were in training.",
  options: z.strictObject({
    columns: z.array(z.string()).min(1).describe("Number columns."),
    mean: z.array(z.number()).describe("`StandardScaler.mean_`, one a column."),
    scale: z.array(z.number().positive()).describe("`StandardScaler.scale_`, one a column."),
  }),
  examples: [
    {
      options: { columns: ["age", "height"], mean: [40, 170], scale: [10, 5] },
      given: { age: [45, null], height: [165, 180], name: ["Ann", "Bo"] },
      gives: { age: [0.5, null], height: [-1, 2], name: ["Ann", "Bo"] },
    },
  ],
  prepare({ columns, mean, scale }, { types }) {
    requireTypes(types, columns, "number", "columns");
    for (const [option, values] of Object.entries({ mean, scale }))
      if (values.length !== columns.length)
        throw new StepProblem(`${values.length} values for ${columns.length} columns`, option);
    return {
      types,
      apply(frame) {
        columns.forEach((name, index) => {
          const [from, by] = [mean[index]!, scale[index]!];
          const values = numbersOf(frame, name).map((value) => (value - from) / by);
          frame.columns.set(name, { kind: "number", values });
        });
      },
      lower(lowering) {
        const { builder } = lowering;
        const width = [columns.length];
        const centred = builder.node("Sub", [
          matrixOf(lowering, columns),
          builder.constant("FP32", width, mean),
        ]);
        setMatrix(
          lowering,
          columns,
          builder.node("Div", [centred, builder.constant("FP32", width, scale)]),
        );
      },
    };
  },
});
