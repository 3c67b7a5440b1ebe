import type { Step } from "./step.ts";
import { combine } from "./tables/combine.ts";
import { standardize } from "./tables/standardize.ts";
import { softmax } from "./outputs/softmax.ts";

/** Every kind of step, in the order of the reference. */
export const STEPS: readonly Step[] = [
  // Tables.
  standardize,
  combine,
  // Images.

  // Text.

  // Signals.

  // Outputs.
  softmax,
];
