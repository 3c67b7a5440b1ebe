import { editModel, type GraphEditor } from "../graph/editor.ts";
import type { Model } from "../proto/types.ts";
import type { PassResult, Skipped } from "./pass.ts";

/** What an edit tells about itself; see {@link PassResult}. */
export interface PassReport {
  readonly changes: string[];
  readonly skipped: Skipped[];
}

/** A pass that is one edit of each graph: the given model itself if the edit told of no change. */
export function editPass(
  model: Model,
  edit: (graph: GraphEditor, report: PassReport) => void,
): PassResult {
  const changes: string[] = [];
  const skipped: Skipped[] = [];
  const edited = editModel(model, (graph) => edit(graph, { changes, skipped }));
  return { model: changes.length === 0 ? model : edited, changes, skipped };
}
