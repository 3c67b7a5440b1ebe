import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { defineStep, type Step } from "../step.ts";
import { fitLength, seriesProblem } from "./series.ts";

const positiveInteger = z.int().positive();

/** Series of any length to a tensor of one. */
export const window: Step = defineStep({
  name: "window",
  phase: "before",
  summary: "Cuts series into windows of a fixed length: one a row, or as many as fit.",
  options: z.strictObject({
    column: z.string().describe("A series."),
    length: positiveInteger.describe("Samples of a window. Shorter series are filled up."),
    hop: positiveInteger
      .optional()
      .describe(
        "Samples from one window to the next: the tensor is `[rows, windows, length]`, and what does " +
          "not fill a window is left out. Without it one window a row: `[rows, length]`.",
      ),
    keep: z
      .enum(["start", "end"])
      .default("start")
      .describe("Which side of a series counts; the other one is cut off or filled up."),
    fill: z.number().default(0).describe("What series that are too short are filled with."),
    into: z.string().min(1).optional().describe("The tensor; in place by default."),
  }),
  examples: [
    {
      options: { column: "load", length: 3, keep: "end", into: "x" },
      given: { load: { series: [[1, 2, 3, 4], [5]] } },
      gives: {
        load: { series: [[1, 2, 3, 4], [5]] },
        x: { datatype: "FP32", shape: [2, 3], data: [2, 3, 4, 0, 0, 5] },
      },
    },
    {
      options: { column: "load", length: 2, hop: 1 },
      given: { load: { series: [[1, 2, 3]] } },
      gives: { load: { datatype: "FP32", shape: [1, 2, 2], data: [1, 2, 2, 3] } },
    },
  ],
  prepare({ column, length, hop, keep, fill, into = column }, { types }) {
    requireType(types, column, "series", "column");
    const shape = hop === undefined ? [length] : ["windows", length];
    const type = { kind: "tensor", datatype: "FP32", shape } as const;
    return {
      types: withTypes(types, { [into]: type }),
      apply(frame) {
        const { values } = columnOf(frame, column, "series");
        const counts = values.map((samples) => countWindows(samples.length, length, hop));
        const count = counts[0] ?? 1;
        const other = counts.findIndex((windows) => windows !== count);
        if (other !== -1)
          throw seriesProblem(
            column,
            other,
            frame.rows,
            `it makes ${counts[other]} windows, and row 0 makes ${count}; send series of different ` +
              "lengths in calls of their own",
          );
        const data = new Float32Array(frame.rows * count * length);
        const span = length + (count - 1) * (hop ?? 0);
        values.forEach((samples, row) => {
          const fitted = fitLength(samples, span, keep, fill);
          for (let index = 0; index < count; index++) {
            const start = index * (hop ?? 0);
            data.set(fitted.subarray(start, start + length), (row * count + index) * length);
          }
        });
        const places = hop === undefined ? [length] : [count, length];
        const tensor = { datatype: "FP32", shape: [frame.rows, ...places], data } as const;
        frame.columns.set(into, { kind: "tensor", tensor });
      },
    };
  },
});

/** At least one: a series that is too short is filled up. */
function countWindows(samples: number, length: number, hop: number | undefined): number {
  return hop === undefined ? 1 : 1 + Math.max(0, Math.floor((samples - length) / hop));
}
