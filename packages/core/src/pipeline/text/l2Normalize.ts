import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { toTypedArray } from "../../tensor.ts";

/** Shortest length that is divided by. */
const LEAST = 1e-12;

/** `torch.nn.functional.normalize(x, dim=-1)`, scikit-learn's `Normalizer`. */
export const l2Normalize: Step = defineStep({
  name: "l2-normalize",
  phase: "either",
  summary: "Scales vectors to length 1, so that a dot product of two is their cosine.",
  options: z.strictObject({
    column: z.string().describe("An FP32 tensor of vectors, along its last axis."),
    into: z.string().min(1).optional().describe("Where they go; in place by default."),
  }),
  examples: [
    {
      options: { column: "embedding" },
      given: { embedding: { datatype: "FP32", shape: [2, 2], data: [3, 4, 0, 0] } },
      gives: { embedding: { datatype: "FP32", shape: [2, 2], data: [0.6, 0.8, 0, 0] } },
    },
  ],
  prepare({ column, into = column }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    if (type.datatype !== "FP32")
      throw new StepProblem(`column "${column}" is ${type.datatype}, expected FP32`, "column");
    if (type.shape.length === 0)
      throw new StepProblem(`column "${column}" has one number a row, no vector`, "column");
    return {
      types: withTypes(types, { [into]: type }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        const data = (toTypedArray("FP32", tensor.data) as Float32Array).slice();
        const width = tensor.shape.at(-1)!;
        for (let start = 0; start < data.length; start += width)
          scaleToUnit(data.subarray(start, start + width));
        frame.columns.set(into, { kind: "tensor", tensor: { ...tensor, data } });
      },
      lower({ builder, columns }) {
        const lowered = columns.get(column);
        if (lowered?.kind !== "tensor") throw new TypeError(`"${column}" is no tensor`);
        const lengths = builder.node("ReduceL2", [lowered.value], {
          axes: { ints: [-1] },
          keepdims: { int: 1 },
        });
        const least = builder.constant("FP32", [], [LEAST]);
        const value = builder.node("Div", [lowered.value, builder.node("Max", [lengths, least])]);
        columns.set(into, { ...lowered, value });
      },
    };
  },
});

function scaleToUnit(vector: Float32Array): void {
  const length = Math.max(LEAST, Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)));
  for (let index = 0; index < vector.length; index++) vector[index]! /= length;
}
