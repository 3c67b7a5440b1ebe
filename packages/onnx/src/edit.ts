import type { Attribute, Graph, Model, Node } from "./proto/types.ts";
import { walkGraph } from "./walk.ts";

/** The operator's domain, `""` for the standard one under either of its names. */
export function domainOf({ domain = "" }: { readonly domain?: string }): string {
  return domain === "ai.onnx" ? "" : domain;
}

/** What an operator is called: `Conv` in the standard domain, `ai.onnx.ml.Scaler` in others. */
export function operatorName(node: Pick<Node, "domain" | "opType">): string {
  const domain = domainOf(node);
  return domain === "" ? node.opType : `${domain}.${node.opType}`;
}

/** The version of a domain's operators that a model imports, or undefined if it imports none. */
export function opsetVersion(model: Model, domain: string): number | undefined {
  const versions = model.opsetImports
    .filter((opset) => domainOf(opset) === domain)
    .map(({ version }) => version);
  return versions.length === 0 ? undefined : Math.max(...versions);
}

/** A copy of a graph in which a value bears another name, in subgraphs that use it too. */
export function renameValue(graph: Graph, from: string, to: string): Graph {
  const rename = (name: string): string => (name === from ? to : name);
  return {
    ...renameUses(graph, from, to),
    initializers: graph.initializers.map((tensor) =>
      tensor.name === from ? { ...tensor, name: to } : tensor,
    ),
    inputs: graph.inputs.map((value) => ({ ...value, name: rename(value.name) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: rename(value.name) })),
    valueInfos: graph.valueInfos.map((value) => ({ ...value, name: rename(value.name) })),
  };
}

/** A name that no value in a graph or its subgraphs bears yet. */
export function freshName(graph: Graph, base: string): string {
  const taken = new Set<string>();
  walkGraph(graph, {
    graph: ({ inputs }) => inputs.forEach(({ name }) => taken.add(name)),
    tensor: ({ name = "" }) => taken.add(name),
    node: ({ inputs, outputs }) => [...inputs, ...outputs].forEach((name) => taken.add(name)),
  });
  let name = base;
  for (let count = 2; taken.has(name); count++) name = `${base}_${count}`;
  return name;
}

/** Renames in nodes; a subgraph that defines the name itself means another value by it. */
function renameUses(graph: Graph, from: string, to: string): Graph {
  const rename = (name: string): string => (name === from ? to : name);
  const inSubgraph = (inner: Graph): Graph => {
    if (defines(inner, from)) return inner;
    return {
      ...renameUses(inner, from, to),
      outputs: inner.outputs.map((value) => ({ ...value, name: rename(value.name) })),
    };
  };
  const inAttribute = (attribute: Attribute): Attribute => ({
    ...attribute,
    ...(attribute.g && { g: inSubgraph(attribute.g) }),
    ...(attribute.graphs && { graphs: attribute.graphs.map(inSubgraph) }),
  });
  const inNode = (node: Node): Node => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: node.attributes.map(inAttribute),
  });
  return { ...graph, nodes: graph.nodes.map(inNode) };
}

function defines(graph: Graph, name: string): boolean {
  return (
    graph.inputs.some((value) => value.name === name) ||
    graph.initializers.some((tensor) => tensor.name === name) ||
    graph.nodes.some(({ outputs }) => outputs.includes(name))
  );
}
