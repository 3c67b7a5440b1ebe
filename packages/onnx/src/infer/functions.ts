import { domainOf } from "../edit.ts";
import type { Attribute, FunctionProto, Graph, Model, Node } from "../proto/types.ts";

/** The functions that a model brings along, by {@link keyOfFunction}. */
export function functionsOf(model: Model): ReadonlyMap<string, FunctionProto> {
  return new Map((model.functions ?? []).map((body) => [keyOfFunction(body), body]));
}

/** What a function is found by; {@link keyOfCall} gives the same for a node that calls it. */
export function keyOfFunction(body: FunctionProto): string {
  return keyOfCall({ ...body, opType: body.name });
}

/** What a node calls, were it a function: see {@link keyOfFunction}. */
export function keyOfCall(node: Pick<Node, "domain" | "opType" | "overload">): string {
  return `${domainOf(node)}:${node.opType}:${node.overload ?? ""}`;
}

/** A function's body as a graph, with the attributes that a node calls it with. */
export function bodyOf(body: FunctionProto, caller: Node): Graph {
  const given = new Map<string, Attribute>();
  for (const attribute of body.attributeProtos ?? []) given.set(attribute.name, attribute);
  for (const attribute of caller.attributes) given.set(attribute.name, attribute);
  const filled = (attributes: readonly Attribute[]): Attribute[] =>
    attributes.flatMap((attribute) => {
      if (!attribute.refAttrName)
        return attribute.g ? [{ ...attribute, g: inGraph(attribute.g) }] : [attribute];
      const value = given.get(attribute.refAttrName);
      return value ? [{ ...value, name: attribute.name }] : [];
    });
  const inGraph = (graph: Graph): Graph => ({ ...graph, nodes: graph.nodes.map(inNode) });
  const inNode = (node: Node): Node => ({ ...node, attributes: filled(node.attributes) });
  return {
    nodes: body.nodes.map(inNode),
    initializers: [],
    inputs: body.inputs.map((name) => ({ name })),
    outputs: body.outputs.map((name) => ({ name })),
    valueInfos: body.valueInfos ?? [],
  };
}
