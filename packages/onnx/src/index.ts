// Files and what is in them as plain data; are they safe, what goes in and out; as a server runs them.
export * from "./serving.ts";
export { elementType, type ElementType } from "./elementType.ts";
export * from "./externalData/loadExternalData.ts";
export * from "./externalData/splitExternalData.ts";

// Making models in code.
export * from "./build.ts";

// Looking at models: are they valid, what do they cost?
export * from "./check/checkGraph.ts";
export * from "./inspect.ts";
export { operatorCosts, type OperatorCost } from "./costs/operatorCosts.ts";
export * from "./print/printModel.ts";
export * from "./infer/inferShapes.ts";
export * from "./walk.ts";
export * from "./graph/attributes.ts";
export { elementsOf, floatsOf, integersOf } from "./graph/tensorData.ts";

// Changing models.
export * from "./graph/editor.ts";
export { freshName, opsetVersion, renameValue } from "./edit.ts";
export * from "./inline.ts";
export * from "./upgrade/upgradeOpset.ts";
export * from "./lower/fusePipeline.ts";

// Optimising: what a pass takes and gives, and where the result is to run.
export { nodeLabel, type PassResult, type Skipped } from "./optimize/pass.ts";
export * from "./optimize/runtime.ts";

// Passes that change no result but for rounding.
export * from "./optimize/clean/cleanModel.ts";

// Passes to smaller numbers, and how near the results stay.
export * from "./optimize/calibrate/calibrate.ts";
export type { Range, Ranges } from "./optimize/calibrate/range.ts";
export {
  quantizeDynamic,
  type DynamicInt8Options,
} from "./optimize/dynamicInt8/quantizeDynamic.ts";
export type { StaticInt8Options } from "./optimize/staticInt8/options.ts";
export * from "./optimize/staticInt8/quantizeStatic.ts";
export * from "./optimize/weightOnly/quantizeWeights.ts";
export * from "./optimize/float16/storeWeights.ts";
export * from "./optimize/float16/toFloat16.ts";
export * from "./optimize/quantize/sqnr.ts";

// Passes to fewer numbers.
export * from "./optimize/prune/pruneChannels.ts";
export * from "./optimize/prune/pruneMagnitude.ts";
