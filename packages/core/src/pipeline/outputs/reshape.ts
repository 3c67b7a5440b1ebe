import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import type { Dimension } from "../../signature.ts";
import { tensorOf } from "../lowering.ts";
import { surprise } from "./surprise.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";

export const reshape: Step = defineStep({
  name: "reshape",
  phase: "either",
  summary: "Gives a tensor another shape; its elements keep their order.",
  options: z.strictObject({
    column: z.string().describe("A tensor."),
    shape: z
      .array(z.int().positive())
      .describe("Of one row: `[]` for one value a row, `[64]` for what was `[1, 8, 8]`."),
    into: z.string().optional().describe("Where the result goes; in place by default."),
  }),
  examples: [
    {
      options: { column: "y", shape: [2, 2] },
      given: { y: { datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] } },
      gives: { y: { datatype: "FP32", shape: [1, 2, 2], data: [1, 2, 3, 4] } },
    },
  ],
  prepare({ column, shape, into = column }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    const size = shape.reduce((a, b) => a * b, 1);
    const problem = sizeProblem(type.shape, size);
    if (problem !== undefined) throw new StepProblem(problem, "shape");
    const labels = type.labels?.length === shape.at(-1) ? type.labels : undefined;
    const { datatype } = type;
    return {
      types: withTypes(types, {
        [into]: { kind: "tensor", datatype, shape, ...(labels && { labels }) },
      }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        const wrong = sizeProblem(tensor.shape.slice(1), size);
        if (wrong !== undefined) throw surprise(column, wrong);
        const reshaped = { ...tensor, shape: [frame.rows, ...shape] };
        frame.columns.set(into, { kind: "tensor", tensor: reshaped });
      },
      lower(lowering) {
        const { builder, columns } = lowering;
        // 0 stands for the length that the axis of rows has.
        const to = builder.constant("INT64", [1 + shape.length], [0, ...shape]);
        const value = builder.node("Reshape", [tensorOf(lowering, column).value, to]);
        columns.set(into, { kind: "tensor", value, datatype, shape });
      },
    };
  },
});

/** What is wrong if a shape of known lengths has not this many elements. */
function sizeProblem(shape: readonly Dimension[], size: number): string | undefined {
  let known = 1;
  for (const length of shape) {
    if (typeof length === "string") return undefined;
    known *= length;
  }
  if (known === size) return undefined;
  return `has ${size} elements, but the tensor's [${shape.join(", ")}] a row has ${known}`;
}
