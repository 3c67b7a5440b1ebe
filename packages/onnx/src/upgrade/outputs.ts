import type { GraphEditor } from "../graph/editor.ts";
import type { Node } from "../proto/types.ts";

/** Whether any of a node's outputs from the given place on is read. */
export function hasReadOutputs(node: Node, graph: GraphEditor, from: number): boolean {
  return node.outputs
    .slice(from)
    .some((name) => name !== "" && (graph.isOutput(name) || graph.users(name).length > 0));
}
