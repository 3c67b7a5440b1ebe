import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { toTypedArray } from "../../tensor.ts";
import { LOWERED_POOLS, POOLS } from "./pools.ts";

/** As `sentence_transformers.models.Pooling`. */
export const pool: Step = defineStep({
  name: "pool",
  phase: "after",
  summary: "Makes one vector a text of one a token; padding does not count.",
  options: z.strictObject({
    column: z.string().describe("A tensor `[rows, tokens, width]`, such as `last_hidden_state`."),
    mask: z
      .string()
      .default("attention_mask")
      .describe("1 for a token and 0 for padding, `[rows, tokens]`: what the model took."),
    method: z
      .enum(["mean", "max", "cls"])
      .describe("Over the tokens; `cls` takes the first one's vector."),
    into: z
      .string()
      .min(1)
      .optional()
      .describe("The vectors `[rows, width]`; in place by default."),
  }),
  examples: [
    {
      options: { column: "states", method: "mean", into: "embedding" },
      given: {
        states: { datatype: "FP32", shape: [1, 3, 2], data: [1, 2, 3, 6, 100, 100] },
        attention_mask: { datatype: "INT64", shape: [1, 3], data: [1, 1, 0] },
      },
      gives: {
        states: { datatype: "FP32", shape: [1, 3, 2], data: [1, 2, 3, 6, 100, 100] },
        attention_mask: { datatype: "INT64", shape: [1, 3], data: [1, 1, 0] },
        embedding: { datatype: "FP32", shape: [1, 2], data: [2, 4] },
      },
    },
  ],
  prepare({ column, mask, method, into = column }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    if (type.datatype !== "FP32" || type.shape.length !== 2)
      throw new StepProblem(`"${column}" is not FP32[rows, tokens, width]`, "column");
    const masked = requireType(types, mask, "tensor", "mask");
    if ((masked.datatype !== "INT64" && masked.datatype !== "INT32") || masked.shape.length !== 1)
      throw new StepProblem(`"${mask}" is not INT64[rows, tokens]`, "mask");
    return {
      types: withTypes(types, { [into]: { ...type, shape: [type.shape[1]!] } }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        const { tensor: taken } = columnOf(frame, mask, "tensor");
        const [rows, tokens, width] = tensor.shape as readonly [number, number, number];
        if (taken.shape[1] !== tokens)
          throw new TypeError(`"${mask}" has ${taken.shape[1]} tokens, "${column}" has ${tokens}`);
        const states = toTypedArray("FP32", tensor.data) as Float32Array;
        const weights = Float32Array.from(toTypedArray(taken.datatype, taken.data), Number);
        const data = new Float32Array(rows * width);
        for (let row = 0; row < rows; row++)
          POOLS[method](
            states.subarray(row * tokens * width, (row + 1) * tokens * width),
            weights.subarray(row * tokens, (row + 1) * tokens),
            data.subarray(row * width, (row + 1) * width),
          );
        const pooled = { datatype: "FP32", shape: [rows, width], data } as const;
        frame.columns.set(into, { kind: "tensor", tensor: pooled });
      },
      lower({ builder, columns }) {
        const [states, weights] = [columns.get(column), columns.get(mask)];
        if (states?.kind !== "tensor" || weights?.kind !== "tensor")
          throw new TypeError(`"${column}" and "${mask}" are no tensors`);
        const value = LOWERED_POOLS[method](builder, states.value, weights.value);
        columns.set(into, { ...states, value, shape: [states.shape[1]!] });
      },
    };
  },
});
