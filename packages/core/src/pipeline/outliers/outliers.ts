import { z } from "zod";
import { fail, type LongshoreError } from "../../errors.ts";
import { columnOf, numbersOf } from "../columns.ts";
import type { Frame } from "../frame.ts";
import type { Notes } from "../notes.ts";
import { defineStep, StepProblem, type Step, type StepContext } from "../step.ts";
import { formatNumber, type Check, type Finding } from "./check.ts";
import { fieldChecks } from "./fieldChecks.ts";
import { confidenceChecks, distanceChecks } from "./rowChecks.ts";
import { ruleSchema, type Rule } from "./rules.ts";

/**
 * Compares what callers send, and what the model answers, with what the bundle declares and with the
 * training data. Not lowered: graphs cannot refuse or flag a row.
 */
export const outliers: Step = defineStep({
  name: "outliers",
  phase: "either",
  summary:
    "Finds values that training did not prepare the model for, and passes, flags, refuses or " +
    "replaces them. Stands first before the model, while fields are as they were sent, or last after it.",
  options: z.strictObject({
    rules: z
      .array(ruleSchema)
      .min(1)
      .describe(
        "Applied in this order: `missing`, `range`, `category`, `distance` (before the model); " +
          "`range`, `confidence` (after it).",
      ),
  }),
  examples: [
    {
      inputs: {
        age: { type: "number", optional: true, unit: "years", range: [0, 120], default: 40 },
        colour: { type: "category", values: ["red", "green"] },
      },
      options: {
        rules: [
          { rule: "missing", fields: ["age"], action: "default" },
          { rule: "range", action: "flag" },
          { rule: "category", action: "flag" },
        ],
      },
      given: { age: [31, null, 300], colour: ["red", "blue", "green"] },
      gives: { age: [31, 40, 300], colour: ["red", "blue", "green"] },
      flags: ["row 1: age (missing)", "row 2: age (range)", "row 1: colour (category)"],
    },
  ],
  prepare({ rules }, context) {
    const checks = rules.flatMap((_, place) => checksOf(rules, place, context));
    return {
      types: context.types,
      apply(frame, notes) {
        const refused: Finding[] = [];
        for (const check of checks) {
          const findings = check.find(frame);
          if (findings.length === 0) continue;
          if (check.action === "reject") for (const finding of findings) refused.push(finding);
          else note(frame, notes, check, findings);
        }
        if (refused.length > 0) throw refusal(frame, refused);
      },
    };
  },
});

/** @throws StepProblem if the rule does not belong here, or does not fit the bundle. */
function checksOf(rules: readonly Rule[], place: number, context: StepContext): Check[] {
  const rule = rules[place]!;
  const { phase } = context;
  const belongs = {
    before: ["missing", "range", "category", "distance"],
    after: ["range", "confidence"],
  };
  if (!belongs[phase].includes(rule.rule)) {
    const other = phase === "before" ? "after" : "before";
    throw new StepProblem(`can only be checked ${other} the model`, `rules.${place}.rule`);
  }
  if (rule.rule === "distance") return distanceChecks(rule, place, context);
  if (rule.rule === "confidence") return confidenceChecks(rule, place, context);
  return fieldChecks(rules, place, context);
}

/** Flags rows, and replaces their values where the rule says so. */
function note(frame: Frame, { flags }: Notes, check: Check, findings: readonly Finding[]): void {
  const { rule, field, substitute } = check;
  if (field !== undefined && substitute !== undefined) replace(frame, field, findings, substitute);
  const shown = typeof substitute === "number" ? formatNumber(substitute) : `"${substitute}"`;
  const done = substitute === undefined ? "" : `; the default ${shown} took its place`;
  for (const { row, message } of findings)
    flags.push({ row, ...(field !== undefined && { field }), rule, message: message + done });
}

function replace(
  frame: Frame,
  name: string,
  findings: readonly Finding[],
  substitute: number | string,
): void {
  if (typeof substitute === "number") {
    const values = numbersOf(frame, name).slice();
    for (const { row } of findings) values[row] = substitute;
    frame.columns.set(name, { kind: "number", values });
    return;
  }
  const values = [...columnOf(frame, name, "text").values];
  for (const { row } of findings) values[row] = substitute;
  frame.columns.set(name, { kind: "text", values });
}

/** How many rows' reasons an error tells. */
const TOLD = 3;

/** One error about all rows that were refused: how many, and the reasons of the first few. */
function refusal({ rows }: Frame, findings: readonly Finding[]): LongshoreError {
  const byRow = new Map<number, string[]>();
  for (const { row, message } of findings) byRow.set(row, [...(byRow.get(row) ?? []), message]);
  if (rows === 1) return fail("REJECTED", { reason: `refused: ${byRow.get(0)!.join("; ")}` });
  const told = [...byRow]
    .toSorted(([a], [b]) => a - b)
    .slice(0, TOLD)
    .map(([row, messages]) => `row ${row}: ${messages[0]!}`);
  const rest = byRow.size > TOLD ? "; …" : "";
  const reason = `${byRow.size} of ${rows} rows are refused: ${told.join("; ")}${rest}`;
  return fail("REJECTED", { reason });
}
