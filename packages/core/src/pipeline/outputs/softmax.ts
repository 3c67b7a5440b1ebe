import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { tensorOf } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { toTypedArray } from "../../tensor.ts";
import { requireFloats, type Floats } from "./elementwise.ts";

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
    requireFloats(type, column);
    if (type.shape.length === 0)
      throw new StepProblem(`column "${column}" has no axis of classes`, "column");
    return {
      types: withTypes(types, { [into]: type }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        const scores = toTypedArray(tensor.datatype, tensor.data) as Floats;
        const data = normalizeRows(scores.slice(), tensor.shape.at(-1)!);
        frame.columns.set(into, { kind: "tensor", tensor: { ...tensor, data } });
      },
      lower(lowering) {
        const tensor = tensorOf(lowering, column);
        const value = lowering.builder.node("Softmax", [tensor.value], { axis: { int: -1 } });
        lowering.columns.set(into, { ...tensor, value });
      },
    };
  },
});

/** Softmax of each run of `classes` scores, written over them. */
export function normalizeRows(scores: Floats, classes: number): Floats {
  for (let start = 0; start < scores.length; start += classes)
    normalize(scores.subarray(start, start + classes));
  return scores;
}

function normalize(scores: Floats): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of scores) largest = Math.max(largest, score);
  let sum = 0;
  for (let index = 0; index < scores.length; index++)
    sum += scores[index] = Math.exp(scores[index]! - largest);
  for (let index = 0; index < scores.length; index++) scores[index]! /= sum;
}
