import { inferShapes } from "../infer/inferShapes.ts";
import type { Attribute, Graph, Model, ValueInfo } from "../proto/types.ts";

/**
 * A copy of a model with inferred types only. What the file itself says of inner values and of the
 * outputs' shapes is not trusted: exporters trace with one batch, and some people then edit the
 * inputs.
 */
export function withInferredTypes(model: Model): Model {
  const outputs = model.graph.outputs.map(withoutShape);
  const bare = mapGraphs(model.graph, (graph) => ({ ...graph, valueInfos: [] }));
  const inferred = inferShapes({ ...model, graph: { ...bare, outputs } }).graph;
  return { ...model, graph: { ...addTypes(model.graph, inferred), outputs: inferred.outputs } };
}

/** A copy of an edited model that states the types that the model it came from stated. */
export function withStatedTypes(edited: Model, { graph: { valueInfos, outputs } }: Model): Model {
  const graph = mapGraphs(edited.graph, (inner) => ({ ...inner, valueInfos: [] }));
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const given = new Set(outputs.map(({ name }) => name));
  const stated = valueInfos.filter(({ name }) => made.has(name) && !given.has(name));
  return { ...edited, graph: { ...graph, outputs, valueInfos: stated } };
}

function withoutShape(value: ValueInfo): ValueInfo {
  const elemType = value.type?.tensorType?.elemType;
  return elemType === undefined ? value : { ...value, type: { tensorType: { elemType } } };
}

/** The graph as it is, with what was inferred of each value as a statement about inner ones. */
function addTypes(graph: Graph, inferred: Graph): Graph {
  const nodes = graph.nodes.map((node, index) => ({
    ...node,
    attributes: node.attributes.map((attribute, at) => {
      const other = inferred.nodes[index]?.attributes[at];
      return mapAttribute(attribute, (inner, place) => {
        const twin = place === undefined ? other?.g : other?.graphs?.[place];
        return twin ? addTypes(inner, twin) : inner;
      });
    }),
  }));
  const { inputs, outputs, valueInfos } = inferred;
  return { ...graph, nodes, valueInfos: [...valueInfos, ...inputs, ...outputs] };
}

/** A copy of a graph in which it and all its subgraphs are changed. */
function mapGraphs(graph: Graph, change: (graph: Graph) => Graph): Graph {
  const nodes = graph.nodes.map((node) => ({
    ...node,
    attributes: node.attributes.map((attribute) =>
      mapAttribute(attribute, (inner) => mapGraphs(inner, change)),
    ),
  }));
  return change({ ...graph, nodes });
}

function mapAttribute(
  attribute: Attribute,
  change: (graph: Graph, place?: number) => Graph,
): Attribute {
  const { g, graphs } = attribute;
  if (!g && !graphs) return attribute;
  return {
    ...attribute,
    ...(g && { g: change(g) }),
    ...(graphs && { graphs: graphs.map((graph, place) => change(graph, place)) }),
  };
}
