import { z } from "zod";
import { numbersOf, requireTypes, withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import { matrixOf } from "../lowering.ts";
import { defineStep, type Step } from "../step.ts";

/** Column after column into one tensor: what most table models take. */
export const combine: Step = defineStep({
  name: "combine",
  phase: "before",
  summary: "Puts number columns side by side into one tensor, in the order that the model learnt.",
  options: z.strictObject({
    columns: z.array(z.string()).min(1).describe("Number columns, in the model's order."),
    into: z.string().min(1).describe("The tensor, such as the model's input."),
    datatype: z.enum(["FP32", "FP64"]).default("FP32"),
    keep: z.boolean().default(false).describe("Whether the columns stay beside the tensor."),
  }),
  examples: [
    {
      options: { columns: ["height", "age"], into: "x" },
      given: { age: [45, 30], height: [165, null] },
      gives: { x: { datatype: "FP32", shape: [2, 2], data: [165, 45, Number.NaN, 30] } },
    },
  ],
  prepare({ columns, into, datatype, keep }, { types }) {
    requireTypes(types, columns, "number", "columns");
    const gone = keep ? [] : columns.map((name) => [name, undefined] as const);
    const type: ColumnType = { kind: "tensor", datatype, shape: [columns.length] };
    return {
      types: withTypes(types, { ...Object.fromEntries(gone), [into]: type }),
      apply(frame) {
        const width = columns.length;
        const data = new (datatype === "FP32" ? Float32Array : Float64Array)(frame.rows * width);
        columns.forEach((name, index) => {
          const values = numbersOf(frame, name);
          for (let row = 0; row < frame.rows; row++) data[row * width + index] = values[row]!;
          if (!keep) frame.columns.delete(name);
        });
        const tensor = { datatype, shape: [frame.rows, width], data };
        frame.columns.set(into, { kind: "tensor", tensor });
      },
      lower(lowering) {
        const matrix = matrixOf(lowering, columns);
        const value =
          datatype === "FP32"
            ? matrix
            : lowering.builder.node("Cast", [matrix], { to: { int: 11 } });
        if (!keep) for (const name of columns) lowering.columns.delete(name);
        const shape = [columns.length];
        lowering.columns.set(into, { kind: "tensor", value, datatype, shape });
      },
    };
  },
});
