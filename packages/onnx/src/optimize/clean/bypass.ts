import { definedValues } from "../../graph/scope.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";
import { subgraphs, walkGraph } from "../../walk.ts";

/**
 * Takes a node out of a graph whose first output is `source`, one of its inputs. If the graph gives
 * that output to its caller, the node that makes `source` takes over the output's name.
 *
 * @returns false, with nothing changed, where that cannot be: the node's other outputs are read, or
 *   the graph's output would be one of its inputs, a constant, or another output.
 */
export function bypass(graph: GraphEditor, node: Node, source: string): boolean {
  const [output = "", ...others] = node.outputs;
  const isRead = (name: string): boolean => graph.isOutput(name) || graph.users(name).length > 0;
  if (output === "" || others.some((name) => name !== "" && isRead(name))) return false;
  if (!graph.isOutput(output)) {
    if (graph.users(output).some((user) => definesInside(user, source))) return false;
    graph.remove(node);
    graph.redirect(output, source);
    return true;
  }
  const producer = graph.producer(source);
  if (producer === undefined || graph.isOutput(source)) return false;
  if (graph.users(source).some((user) => definesInside(user, output))) return false;
  graph.remove(node);
  const rename = (name: string): string => (name === source ? output : name);
  graph.replace(producer, { ...producer, outputs: producer.outputs.map(rename) });
  graph.redirect(source, output);
  return true;
}

/** Whether a subgraph of the node gives the name to a value of its own, which would hide ours. */
export function definesInside(node: Node, name: string): boolean {
  let found = false;
  for (const subgraph of subgraphs(node))
    walkGraph(subgraph, { graph: (inner) => (found ||= definedValues(inner).has(name)) });
  return found;
}
