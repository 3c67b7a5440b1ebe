/** What tests of the step `outliers` share. */
import type { Profile } from "../../profile/index.ts";
import type { StepExample } from "../example.ts";
import { runStep, toPlain } from "../exampleFrame.test.ts";
import type { Flag } from "../notes.ts";
import type { StepContext } from "../step.ts";
import { outliers } from "./outliers.ts";

export const INPUTS = {
  age: { type: "number", range: [0, 120], unit: "years", default: 40, optional: true },
  income: { type: "number", range: [0, null] },
  member: { type: "boolean", optional: true, default: true },
  colour: { type: "category", values: ["red", "green"], default: "red", optional: true },
  city: { type: "category" },
  note: { type: "text", optional: true },
  photo: { type: "image", optional: true },
};
const numbers = { count: 5, mean: 0, m2: 10, min: -2, max: 2, edges: [], bins: [5], sketch: [] };
export const PROFILE: Profile = {
  rows: 5,
  inputs: {
    plain: { missing: 0, numbers },
    city: { missing: 0, categories: { counts: { Oslo: 3, Bergen: 2, Bodø: 0 }, other: 0 } },
    many: { missing: 0, categories: { counts: { a: 1 }, other: 4 } },
  },
  outputs: {},
};

export type Rules = readonly Record<string, unknown>[];

export interface Setting {
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly phase?: StepContext["phase"];
  readonly profile?: Profile;
}

/** Rules on columns, as an example writes them. */
export async function runRules(
  rules: Rules,
  given: StepExample["given"],
  { inputs = INPUTS, outputs = {}, ...more }: Setting = {},
): Promise<{ frame: Record<string, unknown>; flags: Flag[] }> {
  const { frame, notes } = await runStep(
    outliers,
    { options: { rules }, given, inputs, outputs },
    more,
  );
  return { frame: toPlain(frame), flags: notes.flags };
}
