/**
 * `longshore/model`: what modules of bundles import. Light, as each of them is loaded in a worker of
 * its own.
 *
 * ```ts
 * import { defineModel, defineStep } from "longshore/model";
 * ```
 */
export {
  defineModel,
  type CodeInputs,
  type CodeModel,
  type CodeOutputs,
  type CodeTensor,
  type CodeTensorSpec,
  type CodeTensorSpecs,
  type ElementsOf,
  type LoadContext,
} from "./engine/code/defineModel.ts";
export { defineStep } from "./engine/code/defineStep.ts";
export type { CustomStep, CustomValues } from "@longshore/core/pipeline";
