import type { CalibrationMethod } from "@longshore/onnx";

/**
 * One pass and its settings. `keep` are labels of nodes that stay in float, as `nodeLabel` has them.
 */
export type Step =
  | { readonly pass: "dynamicInt8"; readonly keep?: readonly string[] }
  | {
      readonly pass: "staticInt8";
      readonly method: CalibrationMethod;
      readonly keep?: readonly string[];
    }
  | {
      readonly pass: "weights";
      readonly bits: 4 | 8;
      readonly blockSize: 32 | 128;
      readonly keep?: readonly string[];
    }
  | { readonly pass: "float16" }
  | { readonly pass: "weightFloat16" }
  /** Takes a fraction of each layer's channels away; what remains is refitted on the samples. */
  | { readonly pass: "pruneChannels"; readonly fraction: number };

/** What a candidate is made by: steps that follow the cleaning of the graph, in their order. */
export interface Recipe {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** Whether a step can leave layers in float. */
export function canKeep(step: Step): boolean {
  return step.pass === "dynamicInt8" || step.pass === "staticInt8" || step.pass === "weights";
}

/** The same recipe with some layers left in float. */
export function keeping({ name, steps }: Recipe, layers: readonly string[], what: string): Recipe {
  return {
    name: `${name}, ${what}`,
    steps: steps.map((step) => (canKeep(step) ? { ...step, keep: layers } : step)),
  };
}

/** A name as part of a file's name: `static int8, entropy` becomes `static-int8-entropy`. */
export function toFileName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("%", "percent")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
