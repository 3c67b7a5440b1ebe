import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { toTypedArray } from "../../tensor.ts";

/** Along the last axis; the largest value is subtracted first, so that nothing overflows. */
export const softmax: Step = defineStep({
  name: "softmax",
  phase: "after",
  summary: "Turns a classifier's scores (logits) into probabilities that add up to 1.",
  options: z.strictObject({
    column: z.string().describe("A tensor of scores, classes along its last axis."),
    into: z.string().optional().describe("Where the probabilities go; in place by default."),
  }),
  examples: [
    {
      options: { column: "logits", into: "probabilities" },
      given: { logits: { datatype: "FP32", shape: [1, 2], data: [0, Math.log(3)] } },
      gives: {
        logits: { datatype: "FP32", shape: [1, 2], data: [0, Math.log(3)] },
        probabilities: { datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] },
      },
    },
  ],
  prepare({ column, into = column }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    if (type.datatype !== "FP32" && type.datatype !== "FP64")
      throw new StepProblem(`column "${column}" is ${type.datatype}, expected FP32 or FP64`);
    const width = type.shape.at(-1);
    if (width === undefined) throw new StepProblem(`column "${column}" has no axis of classes`);
    return {
      types: withTypes(types, { [into]: type }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        const scores = toTypedArray(tensor.datatype, tensor.data) as Float32Array;
        const data = scores.slice();
        const classes = tensor.shape.at(-1)!;
        for (let start = 0; start < data.length; start += classes)
          normalize(data.subarray(start, start + classes));
        frame.columns.set(into, { kind: "tensor", tensor: { ...tensor, data } });
      },
      lower({ builder, columns }) {
        const lowered = columns.get(column);
        if (lowered?.kind !== "tensor") throw new TypeError(`"${column}" is no tensor`);
        const value = builder.node("Softmax", [lowered.value], { axis: { int: -1 } });
        columns.set(into, { ...lowered, value });
      },
    };
  },
});

function normalize(scores: Float32Array): void {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let index = 0; index < scores.length; index++)
    sum += scores[index] = Math.exp(scores[index]! - largest);
  for (let index = 0; index < scores.length; index++) scores[index]! /= sum;
}
