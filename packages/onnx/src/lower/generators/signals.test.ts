/** Options and columns for steps of signals, by the step's name; see `parity.test.ts`. */
import type fc from "fast-check";
import type { StepCase } from "./primitives.test.ts";

export const signals: Readonly<Record<string, fc.Arbitrary<StepCase>>> = {};
