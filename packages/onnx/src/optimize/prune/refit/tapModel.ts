import { tensorType } from "../../../build.ts";
import { editModel } from "../../../graph/editor.ts";
import type { Model } from "../../../proto/types.ts";

/** The part of a model that makes some of its FP32 values, with these as its outputs. */
export function tapModel(model: Model, values: readonly string[]): Model {
  const outputs = [...new Set(values)].map((name) => ({ name, type: tensorType("FP32") }));
  return editModel({ ...model, graph: { ...model.graph, outputs } }, (graph) => {
    // Branches and loops keep what they have: their outputs are those of the node around them.
    if (graph.outer === undefined) graph.removeUnused();
  });
}
