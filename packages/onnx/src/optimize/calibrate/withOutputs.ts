import { editModel } from "../../graph/editor.ts";
import type { Model, ValueInfo } from "../../proto/types.ts";

/** A model that gives other values, and computes only what they need. */
export function withOutputs(model: Model, outputs: readonly ValueInfo[]): Model {
  const graph = { ...model.graph, outputs: [...outputs] };
  return editModel({ ...model, graph }, (editor) => {
    if (editor.outer === undefined) editor.removeUnused();
  });
}
