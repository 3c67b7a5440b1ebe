import { inlineFunctions } from "../../inline.ts";
import type { Model } from "../../proto/types.ts";
import type { PassResult } from "../pass.ts";

/** Puts the nodes of a model's functions where they are called, so that every step sees them. */
export function inlineCalls(model: Model): PassResult {
  const { functions = [] } = model;
  const inlined = inlineFunctions(model);
  return inlined === model
    ? { model, changes: [], skipped: [] }
    : { model: inlined, changes: [`functions inlined: ${functions.length}`], skipped: [] };
}
