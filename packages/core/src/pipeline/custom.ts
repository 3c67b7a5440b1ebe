import { z } from "zod";
import { DATATYPES, type Datatype } from "../datatype.ts";
import { fail, LongshoreError } from "../errors.ts";
import { requireType, withTypes } from "./columns.ts";
import { toCustomValues, type CustomStep } from "./customModule.ts";
import type { Column, ColumnType, Frame } from "./frame.ts";
import { toMadeColumn } from "./madeColumn.ts";
import { defineStep, StepProblem, type Step } from "./step.ts";

const made = z.union([
  z.enum(["number", "text", "bytes", "series", "json"]),
  z.strictObject({
    datatype: z.enum(Object.keys(DATATYPES) as [Datatype, ...Datatype[]]),
    shape: z.array(z.int().positive()).describe("Of one row."),
  }),
]);

const KINDS = ["number", "text", "bytes", "series", "tensor", "json"] as const;

/** A step that is a module of the bundle. */
export const custom: Step = defineStep({
  name: "custom",
  phase: "either",
  summary: "Runs a module of the bundle, where the operator allows code in bundles.",
  options: z.strictObject({
    module: z.string().min(1).describe("A `.ts`, `.js` or `.mjs` file that exports a step."),
    makes: z
      .record(z.string(), made)
      .describe("Columns that it adds or replaces, each with its kind, or data type and shape."),
    drops: z.array(z.string()).optional().describe("Columns that are taken away afterwards."),
    options: z.record(z.string(), z.unknown()).optional().describe("Handed to the module."),
  }),
  examples: [
    {
      modules: {
        "bmi.js": `export default {
  apply: ({ columns: { weight, height } }) => ({
    bmi: weight.map((kilograms, row) => kilograms / height[row] ** 2),
  }),
};`,
      },
      options: { module: "bmi.js", makes: { bmi: "number" }, drops: ["weight", "height"] },
      given: { age: [41, 30], weight: [81, null], height: [1.8, 1.7] },
      gives: { age: [41, 30], bmi: [25, null] },
    },
  ],
  async prepare({ module: file, makes, drops = [], options = {} }, { types, platform }) {
    drops.forEach((name, index) => {
      const option = `drops.${index}`;
      if (Object.hasOwn(makes, name))
        throw new StepProblem(`"${name}" is made by this very step`, option);
      requireType(types, name, KINDS, option);
    });
    const kinds = new Map(Object.entries(makes).map(([name, kind]) => [name, typeOfMade(kind)]));
    const { load, apply } = readStep((await platform.importModule(file))["default"]);
    const failed = (problem: string): LongshoreError => fail("CODE_FAILED", { file, problem });
    let state: unknown;
    try {
      state = await load?.({ options, readFile: (name) => platform.readFile(name) });
    } catch (error) {
      throw failed(`load failed: ${messageOf(error)}`);
    }
    return {
      types: withTypes(
        withTypes(types, kinds),
        Object.fromEntries(drops.map((name) => [name, undefined])),
      ),
      async apply(frame) {
        let given: unknown;
        try {
          given = await apply({ rows: frame.rows, columns: valuesOf(frame), options }, state);
        } catch (error) {
          throw error instanceof LongshoreError ? error : failed(messageOf(error));
        }
        for (const [name, column] of readColumns(given, kinds, frame.rows, failed))
          frame.columns.set(name, column);
        for (const name of drops) frame.columns.delete(name);
      },
    };
  },
});

function typeOfMade(kind: z.output<typeof made>): ColumnType {
  if (typeof kind === "object") return { kind: "tensor", ...kind };
  return kind === "json" ? { kind, schema: {} } : { kind };
}

/** @throws StepProblem if it is no step. */
function readStep(exported: unknown): CustomStep<unknown> {
  if (typeof exported !== "object" || exported === null)
    throw new StepProblem("expected `export default defineStep({ … })`", "module");
  const step = exported as CustomStep<unknown>;
  if (typeof step.apply !== "function")
    throw new StepProblem("its step has no function `apply`", "module");
  if (step.load !== undefined && typeof step.load !== "function")
    throw new StepProblem("`load` of its step is not a function", "module");
  return step;
}

function valuesOf({ columns }: Frame): Record<string, ReturnType<typeof toCustomValues>> {
  return Object.fromEntries([...columns].map(([name, column]) => [name, toCustomValues(column)]));
}

/** Exactly the columns that are declared: `types` has been promised to the steps that follow. */
function readColumns(
  given: unknown,
  kinds: ReadonlyMap<string, ColumnType>,
  rows: number,
  failed: (problem: string) => LongshoreError,
): Map<string, Column> {
  if (typeof given !== "object" || given === null)
    throw failed(`apply gave ${given === null ? "null" : typeof given}, not its columns`);
  const values = given as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(values).find((name) => !kinds.has(name));
  if (unknown !== undefined)
    throw failed(`apply gave a column "${unknown}", which \`makes\` does not declare`);
  const columns = new Map<string, Column>();
  for (const [name, type] of kinds) {
    try {
      columns.set(name, toMadeColumn(values[name], type, rows));
    } catch (error) {
      throw failed(`column "${name}": ${messageOf(error)}`);
    }
  }
  return columns;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
