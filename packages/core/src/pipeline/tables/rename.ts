import { z } from "zod";
import { requireType } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { ANY_KIND } from "./fitted.ts";

/** Columns of any kind. */
export const rename: Step = defineStep({
  name: "rename",
  phase: "either",
  summary: "Gives columns other names; their order stays.",
  options: z.strictObject({
    columns: z
      .record(z.string().min(1), z.string().min(1))
      .describe("New names by the old ones. Two columns may swap theirs."),
  }),
  examples: [
    {
      options: { columns: { "mean radius": "radius" } },
      given: { "mean radius": [14.1], texture: [19.3] },
      gives: { radius: [14.1], texture: [19.3] },
    },
  ],
  prepare({ columns }, { types }) {
    const names = new Map(Object.entries(columns));
    for (const name of names.keys()) requireType(types, name, ANY_KIND, "columns");
    const after = [...types.keys()].map((name) => names.get(name) ?? name);
    const twice = after.find((name, index) => after.indexOf(name) !== index);
    if (twice !== undefined) throw new StepProblem(`two columns would be "${twice}"`, "columns");
    return {
      types: renamed(types, names),
      apply: (frame) => replace(frame.columns, names),
      lower: (lowering) => replace(lowering.columns, names),
    };
  },
});

function renamed<Value>(
  all: ReadonlyMap<string, Value>,
  names: ReadonlyMap<string, string>,
): Map<string, Value> {
  return new Map([...all].map(([name, value]) => [names.get(name) ?? name, value]));
}

/** Clears and fills: in place, the order of names would change. */
function replace<Value>(all: Map<string, Value>, names: ReadonlyMap<string, string>): void {
  const entries = renamed(all, names);
  all.clear();
  for (const [name, value] of entries) all.set(name, value);
}
