import { TARGETS, type NumberFormat, type TargetName, type Verdict } from "@longshore/onnx";
import type { Recipe, Step } from "./recipe.ts";

/** A recipe, and whether it is worth trying for a target. */
export interface Proposal {
  readonly recipe: Recipe;
  readonly verdict: Verdict;
}

/** The prepared graph itself. */
export const CLEAN: Recipe = { name: "clean", steps: [] };

const ENTROPY: Step = { pass: "staticInt8", method: "entropy" };

/** One pass each: what they come to together is tried with those that turn out well. */
const SINGLE: readonly { readonly recipe: Recipe; readonly format: NumberFormat }[] = [
  single("fp16", "float16", { pass: "float16" }),
  single("weights fp16", "weightFloat16", { pass: "weightFloat16" }),
  single("weights int8", "weightInt8", { pass: "weights", bits: 8, blockSize: 32 }),
  single("weights int4", "weightInt4", { pass: "weights", bits: 4, blockSize: 32 }),
  single("weights int4, blocks of 128", "weightInt4", {
    pass: "weights",
    bits: 4,
    blockSize: 128,
  }),
  single("dynamic int8", "dynamicInt8", { pass: "dynamicInt8" }),
  single("static int8, minmax", "staticInt8", { pass: "staticInt8", method: "minmax" }),
  single("static int8, percentile", "staticInt8", { pass: "staticInt8", method: "percentile" }),
  single("static int8, entropy", "staticInt8", ENTROPY),
];

const PRUNED: readonly Recipe[] = [0.25, 0.5].map((fraction) => ({
  name: `pruned ${fraction * 100} %`,
  steps: [{ pass: "pruneChannels", fraction }],
}));

function single(
  name: string,
  format: NumberFormat,
  step: Step,
): { readonly recipe: Recipe; readonly format: NumberFormat } {
  return { recipe: { name, steps: [step] }, format };
}

/** Everything that is tried at first, the surest first. */
export function proposalsFor(target: TargetName): Proposal[] {
  const { formats } = TARGETS[target];
  const always: Verdict = { allowed: true, reason: "fewer operators and channels pay everywhere" };
  return [
    { recipe: CLEAN, verdict: always },
    ...SINGLE.map(({ recipe, format }) => ({ recipe, verdict: formats[format] })),
    ...PRUNED.map((recipe) => ({ recipe, verdict: always })),
  ];
}

/** What a recipe does to numbers, so that of several ways to do it the best is taken further. */
export function familyOf({ steps }: Recipe): string {
  return steps
    .map((step) => (step.pass === "weights" ? `${step.pass} ${step.bits}` : step.pass))
    .join(" + ");
}

/** One recipe after the other. */
export function combined(first: Recipe, second: Recipe): Recipe {
  return {
    name: `${first.name} + ${second.name}`,
    steps: [...first.steps, ...second.steps],
  };
}
