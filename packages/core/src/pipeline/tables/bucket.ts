import { z } from "zod";
import { matrixOf, setMatrix } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { columnNames, requireNumbers, requireOneEach } from "./fitted.ts";
import { replaceNumbers } from "./numbers.ts";

/** numpy's `digitize`, and scikit-learn's `KBinsDiscretizer` with ordinal encoding. */
export const bucket: Step = defineStep({
  name: "bucket",
  phase: "before",
  summary: "Turns a number into how many of the edges it has reached: 0 below the first one.",
  options: z.strictObject({
    columns: columnNames.describe("Number columns."),
    edges: z
      .array(z.array(z.number()).min(1))
      .describe(
        "Rising, a list a column. Of a `KBinsDiscretizer`, `bin_edges_[i][1:-1]`: all but the " +
          "outermost.",
      ),
  }),
  examples: [
    {
      options: { columns: ["age"], edges: [[18, 65]] },
      given: { age: [17, 18, 64.9, 65, null] },
      gives: { age: [0, 1, 1, 2, null] },
    },
  ],
  prepare({ columns, edges }, { types }) {
    requireNumbers(types, columns);
    requireOneEach(columns, { edges });
    for (const [index, list] of edges.entries())
      for (let place = 1; place < list.length; place++)
        if (list[place]! <= list[place - 1]!)
          throw new StepProblem(
            `${list[place]!} is not more than the edge before it`,
            `edges.${index}.${place}`,
          );
    return {
      types,
      apply(frame) {
        replaceNumbers(frame, columns, (given, values, index) => {
          for (let row = 0; row < given.length; row++)
            values[row] = bucketOf(given[row]!, edges[index]!);
        });
      },
      lower(lowering) {
        const { builder } = lowering;
        const value = matrixOf(lowering, columns);
        const most = Math.max(...edges.map(({ length }) => length));
        // Nothing reaches NaN, which fills up the shorter lists.
        const padded = edges.flatMap((list) =>
          Array.from({ length: most }, (_, place) => list[place] ?? Number.NaN),
        );
        const axis = builder.constant("INT64", [1], BigInt64Array.of(2n));
        const reached = builder.node("GreaterOrEqual", [
          builder.node("Unsqueeze", [value, axis]),
          builder.constant("FP32", [columns.length, most], padded),
        ]);
        const ones = builder.node("Cast", [reached], { to: { int: 1 } });
        const count = builder.node("ReduceSum", [ones, axis], { keepdims: { int: 0 } });
        const missing = builder.node("IsNaN", [value]);
        setMatrix(lowering, columns, builder.node("Where", [missing, value, count]));
      },
    };
  },
});

/** How many edges are at most this value, by bisection; NaN for NaN. */
function bucketOf(value: number, edges: readonly number[]): number {
  if (Number.isNaN(value)) return value;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
