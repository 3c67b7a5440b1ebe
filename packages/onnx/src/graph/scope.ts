import type { Attribute, Graph, Node } from "../proto/types.ts";
import { subgraphs } from "../walk.ts";

/** Captured names by graph: graphs are not changed once they stand in a node. */
const captured = new WeakMap<Graph, ReadonlySet<string>>();

/** The values that a subgraph (a branch, a loop's body) takes from the graphs around it. */
export function capturedValues(graph: Graph): ReadonlySet<string> {
  const known = captured.get(graph);
  if (known) return known;
  const used = new Set<string>(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) for (const name of valuesUsedBy(node)) used.add(name);
  for (const name of definedValues(graph)) used.delete(name);
  captured.set(graph, used);
  return used;
}

/** What a node reads: its inputs, and what its subgraphs capture. */
export function valuesUsedBy(node: Node): Set<string> {
  const used = new Set(node.inputs);
  used.delete("");
  for (const graph of subgraphs(node)) for (const name of capturedValues(graph)) used.add(name);
  return used;
}

/** What a graph itself gives names to: inputs, constants, and what its nodes make. */
export function definedValues(graph: Graph): Set<string> {
  const names = new Set<string>();
  for (const { name } of graph.inputs) names.add(name);
  for (const { name } of graph.initializers) if (name) names.add(name);
  for (const { values } of graph.sparseInitializers ?? []) if (values?.name) names.add(values.name);
  for (const { outputs } of graph.nodes) for (const name of outputs) if (name) names.add(name);
  return names;
}

/** A copy of a node that reads `to` wherever it read `from`, in its subgraphs too. */
export function redirectNode(node: Node, from: string, to: string): Node {
  const swap = (name: string): string => (name === from ? to : name);
  const inGraph = (graph: Graph): Graph =>
    capturedValues(graph).has(from)
      ? {
          ...graph,
          nodes: graph.nodes.map((inner) => redirectNode(inner, from, to)),
          outputs: graph.outputs.map((output) => ({ ...output, name: swap(output.name) })),
        }
      : graph;
  const inAttribute = (attribute: Attribute): Attribute => ({
    ...attribute,
    ...(attribute.g && { g: inGraph(attribute.g) }),
    ...(attribute.graphs && { graphs: attribute.graphs.map(inGraph) }),
  });
  return {
    ...node,
    inputs: node.inputs.map(swap),
    attributes: subgraphs(node).length === 0 ? node.attributes : node.attributes.map(inAttribute),
  };
}

/**
 * Nodes in an order in which each stands behind those it depends on, otherwise as they were.
 *
 * @throws RangeError if they depend on each other in a circle.
 */
export function sortNodes(nodes: readonly Node[]): Node[] {
  const producers = new Map<string, Node>();
  for (const node of nodes) for (const name of node.outputs) if (name) producers.set(name, node);
  const sorted: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  // A stack of our own: graphs may be deeper than the call stack.
  for (const start of nodes) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (state.get(node) === undefined) {
        state.set(node, "open");
        for (const name of [...valuesUsedBy(node)].toReversed()) {
          const producer = producers.get(name);
          if (producer === undefined || state.get(producer) === "done") continue;
          if (state.get(producer) === "open")
            throw new RangeError(`the graph has a circle through "${name}"`);
          stack.push(producer);
        }
        continue;
      }
      stack.pop();
      if (state.get(node) === "done") continue;
      state.set(node, "done");
      sorted.push(node);
    }
  }
  return sorted;
}
