import { z } from "zod";
import { requireTypes } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { ANY_KIND, columnNames, requireOnce } from "./fitted.ts";

/** Columns of any kind. */
export const select: Step = defineStep({
  name: "select",
  phase: "either",
  summary: "Keeps some columns, in an order, or drops some.",
  options: z.strictObject({
    columns: columnNames.optional().describe("What is kept, in this order."),
    drop: columnNames.optional().describe("What is dropped; instead of `columns`."),
  }),
  examples: [
    {
      options: { columns: ["b", "a"] },
      given: { a: [1], b: ["x"], c: [3] },
      gives: { b: ["x"], a: [1] },
    },
    { options: { drop: ["c"] }, given: { a: [1], c: [3] }, gives: { a: [1] } },
  ],
  prepare({ columns, drop }, { types }) {
    if ((columns === undefined) === (drop === undefined))
      throw new StepProblem("give either columns or drop");
    const option = columns ? "columns" : "drop";
    const named = columns ?? drop ?? [];
    requireTypes(types, named, ANY_KIND, option);
    requireOnce(named, option);
    const kept = columns ?? [...types.keys()].filter((name) => !named.includes(name));
    return {
      types: pick(types, kept),
      apply: ({ columns: all }) => reduce(all, kept),
      lower: ({ columns: all }) => reduce(all, kept),
    };
  },
});

function pick<Value>(
  all: ReadonlyMap<string, Value>,
  names: readonly string[],
): Map<string, Value> {
  return new Map(names.map((name) => [name, all.get(name)!]));
}

/** Leaves only these entries, in this order. */
function reduce<Value>(all: Map<string, Value>, names: readonly string[]): void {
  const kept = pick(all, names);
  all.clear();
  for (const [name, value] of kept) all.set(name, value);
}
