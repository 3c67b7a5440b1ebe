import type { Model } from "../../proto/types.ts";
import type { PassResult, Skipped } from "../pass.ts";
import type { OpenModel } from "../runtime.ts";
import { constantNodesToInitializers } from "./constantNodes.ts";
import { foldAffine } from "./foldAffine.ts";
import { foldConstants } from "./foldConstants.ts";
import { foldShapes } from "./foldShapes.ts";
import { freezeInputs } from "./freezeInputs.ts";
import { inlineCalls } from "./inlineCalls.ts";
import { mergeInitializers } from "./mergeInitializers.ts";
import { mergeNodes } from "./mergeNodes.ts";
import { removeNoOps } from "./removeNoOps.ts";
import { withInferredTypes, withStatedTypes } from "../inferredTypes.ts";
import { removeUnusedFunctions, removeUnusedNodes, removeUnusedOpsets } from "./unusedParts.ts";

/** The steps, in an order in which one makes room for the next. */
const STEPS: readonly ((model: Model, open: OpenModel) => PassResult | Promise<PassResult>)[] = [
  removeUnusedFunctions,
  inlineCalls,
  freezeInputs,
  constantNodesToInitializers,
  foldShapes,
  removeUnusedNodes,
  foldConstants,
  removeNoOps,
  foldAffine,
  removeUnusedNodes,
  mergeInitializers,
  mergeNodes,
  removeUnusedNodes,
  removeUnusedOpsets,
];

/** What is left after these is as valid, only not as small as it could be. */
const MAX_ROUNDS = 100;

/**
 * Makes the same model in fewer nodes and bytes: what depends on constants alone is calculated,
 * batch normalisation is folded into weights, and what is unused, double or without effect is gone.
 * The result has standard operators only where the model had, and gives the same to within rounding.
 *
 * @param open runs what is calculated in advance.
 */
export async function cleanModel(model: Model, open: OpenModel): Promise<PassResult> {
  const changes: string[] = [];
  let skipped: Skipped[] = [];
  let current = model;
  let typed = withInferredTypes(current);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = current;
    skipped = [];
    for (const step of STEPS) {
      const result = await step(typed, open);
      skipped.push(...result.skipped);
      if (result.changes.length === 0) continue;
      changes.push(...result.changes);
      current = withStatedTypes(result.model, model);
      typed = withInferredTypes(current);
    }
    if (current === before) break;
  }
  return { model: current, changes, skipped };
}
