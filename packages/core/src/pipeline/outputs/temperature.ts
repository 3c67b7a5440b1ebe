import { z } from "zod";
import { withTypes } from "../columns.ts";
import { tensorOf } from "../lowering.ts";
import { defineStep, type Step } from "../step.ts";
import { requireClasses, scoresOf } from "./classes.ts";
import { normalizeRows } from "./softmax.ts";

/** Source: Guo et al., "On Calibration of Modern Neural Networks" (2017). */
export const temperature: Step = defineStep({
  name: "temperature",
  phase: "after",
  summary: "Calibrates a classifier's confidence by one temperature: above 1 it becomes less sure.",
  options: z.strictObject({
    column: z.string().describe("A tensor of one score a class."),
    temperature: z.number().positive().describe("As fitted on held-out data."),
    of: z
      .enum(["logits", "probabilities"])
      .default("logits")
      .describe(
        "What the column holds, and holds afterwards: logits are divided by the temperature; " +
          "probabilities are raised to the power of its inverse and normalised again.",
      ),
    into: z.string().optional().describe("Where the result goes; in place by default."),
  }),
  examples: [
    {
      options: { column: "p", temperature: 2, of: "probabilities" },
      given: { p: { datatype: "FP32", shape: [1, 2], data: [0.1, 0.9] } },
      gives: { p: { datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] } },
    },
    {
      options: { column: "logits", temperature: 2 },
      given: { logits: { datatype: "FP32", shape: [1, 2], data: [-3, 1] } },
      gives: { logits: { datatype: "FP32", shape: [1, 2], data: [-1.5, 0.5] } },
    },
  ],
  prepare({ column, temperature: degree, of, into = column }, { types }) {
    const { type, datatype } = requireClasses(types, column);
    return {
      types: withTypes(types, { [into]: type }),
      apply(frame) {
        const { scores, width } = scoresOf(frame, column);
        const data =
          of === "logits"
            ? scores.map((score) => score / degree)
            : normalizeRows(
                scores.map((score) => Math.log(score) / degree),
                width,
              );
        const shape = [frame.rows, width];
        frame.columns.set(into, { kind: "tensor", tensor: { datatype, shape, data } });
      },
      lower(lowering) {
        const { builder, columns } = lowering;
        const tensor = tensorOf(lowering, column);
        const logits = of === "logits" ? tensor.value : builder.node("Log", [tensor.value]);
        const cooled = builder.node("Div", [logits, builder.constant(datatype, [], [degree])]);
        const value =
          of === "logits" ? cooled : builder.node("Softmax", [cooled], { axis: { int: -1 } });
        columns.set(into, { ...tensor, value });
      },
    };
  },
});
