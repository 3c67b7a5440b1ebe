import { z } from "zod";
import { STEPS } from "./steps.ts";

/** A step in a bundle: `step: standardize` and its options. */
export interface StepConfig {
  readonly step: string;
  readonly [option: string]: unknown;
}

/** What may stand in a pipeline, before the model or after it: one alternative a kind of step. */
export function stepConfigSchema(phase: "before" | "after"): z.ZodType<StepConfig> {
  const kinds = STEPS.filter((step) => step.phase === phase || step.phase === "either").map(
    ({ name, summary, options }) =>
      z.strictObject({ step: z.literal(name), ...options.shape }).describe(summary),
  );
  const [first, ...others] = kinds;
  if (first === undefined) throw new TypeError(`there is no step for ${phase}`);
  return z.discriminatedUnion("step", [first, ...others]);
}
