import { domainOf, operatorName } from "../edit.ts";
import type { Attribute, FunctionProto, Graph, Model, Node, ValueInfo } from "../proto/types.ts";
import { subgraphs } from "../walk.ts";
import { graphOf } from "./call.ts";
import { freshSymbol, type Dim } from "./dims.ts";
import { bodyOf, functionsOf, keyOfCall } from "./functions.ts";
import { fromTensor, fromType, refine, toType, type Known } from "./known.ts";
import { RULES } from "./operators.ts";

/**
 * Finds the element type and shape of every value that can be known without a run: a copy of the
 * model whose graph and subgraphs state them (`valueInfos`, and the types of outputs and of a
 * subgraph's inputs).
 *
 * Dimensions are lengths or symbols, which are carried along by name. Small integer tensors are
 * calculated on the way, as exporters compute shapes in the graph (Shape → Gather → Concat →
 * Reshape). What the file states is kept where it is more exact; where it contradicts what was
 * inferred it counts as out of date. Nothing throws: what an unknown operator gives stays unknown.
 */
export function inferShapes(model: Model): Model {
  const shared: Shared = {
    irVersion: model.irVersion,
    functions: functionsOf(model),
    free: new Set(),
    symbols: 0,
    repeats: MAX_REPEATS,
  };
  const opsets = versions(model.opsetImports);
  const scope: Scope = { shared, opsets, values: new Map(), outer: undefined, depth: 0 };
  return { ...model, graph: inferGraph(model.graph, scope).graph };
}

/** What all graphs of a model share. */
interface Shared {
  readonly irVersion: number;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  /** Symbols of the main graph's inputs. */
  readonly free: Set<Dim>;
  /** How many symbols were made up so far. */
  symbols: number;
  /** How many more nodes of subgraphs and functions may be inferred. */
  repeats: number;
}

/**
 * Functions are inferred again in each call, loops until their states settle. This bounds the work
 * that a small file can ask for by nesting them.
 */
const MAX_REPEATS = 200_000;
const MAX_DEPTH = 64;

/** What the nodes of a graph see. */
interface Scope {
  readonly shared: Shared;
  readonly opsets: ReadonlyMap<string, number>;
  readonly values: Map<string, Known>;
  /** The graph around this one; a function has none. */
  readonly outer: Scope | undefined;
  readonly depth: number;
}

function versions(imports: Model["opsetImports"]): ReadonlyMap<string, number> {
  return new Map(imports.map((opset) => [domainOf(opset), opset.version]));
}

interface InferredGraph {
  readonly graph: Graph;
  /** What it gives, by position. */
  readonly outputs: readonly Known[];
}

/**
 * @param scope of the graph, without values as yet.
 * @param given what is known of a subgraph's inputs, by position.
 */
function inferGraph(graph: Graph, scope: Scope, given: readonly Known[] = []): InferredGraph {
  const stated = new Map(
    [...graph.valueInfos, ...graph.outputs].map((info) => [info.name, fromType(info.type)]),
  );
  addConstants(graph, scope);
  for (const [index, { name, type }] of graph.inputs.entries()) {
    // Before IR version 4 initializers are listed among the inputs; since then, only defaults are.
    if (scope.values.has(name) && scope.shared.irVersion < 4) continue;
    const { free } = scope.shared;
    const known = settle(refine(given[index] ?? {}, fromType(type), free), scope);
    scope.values.set(name, known);
    if (scope.depth > 0) continue;
    for (const dim of known.shape ?? []) if (typeof dim === "string") free.add(dim);
  }
  const nodes = graph.nodes.map((node) => {
    const { outputs, node: inferred } = inferNode(node, scope);
    for (const [index, name] of node.outputs.entries()) {
      if (name === "") continue;
      const known = refine(outputs[index] ?? {}, stated.get(name) ?? {}, scope.shared.free);
      scope.values.set(name, settle(known, scope));
    }
    return inferred;
  });
  const outputs = graph.outputs.map(({ name }) => find(name, scope) ?? {});
  return { graph: stateTypes({ ...graph, nodes }, scope), outputs };
}

function addConstants({ initializers, sparseInitializers = [] }: Graph, { values }: Scope): void {
  for (const tensor of initializers) values.set(tensor.name ?? "", fromTensor(tensor));
  for (const { values: elements, dims } of sparseInitializers)
    if (elements?.name) values.set(elements.name, { elemType: elements.dataType, shape: dims });
}

/** What a node gives, and the node itself with its subgraphs inferred. */
function inferNode(node: Node, scope: Scope): { node: Node; outputs: readonly Known[] } {
  const inputs = node.inputs.map((name) => (name === "" ? undefined : (find(name, scope) ?? {})));
  const body = scope.shared.functions.get(keyOfCall(node));
  if (body) return { node, outputs: inferFunction(body, node, inputs, scope) };

  const graphs = new Map<string, Graph>();
  const subgraph = (attribute: string, given: readonly Known[]): readonly Known[] => {
    const graph = graphOf(node, attribute);
    const inner = { ...scope, values: new Map<string, Known>(), outer: scope };
    const inferred = graph && inferInner(graph, inner, given);
    if (inferred) graphs.set(attribute, inferred.graph);
    return inferred?.outputs ?? [];
  };
  const opset = scope.opsets.get(domainOf(node)) ?? 1;
  const outputs = RULES.get(operatorName(node))?.({ node, opset, inputs, subgraph }) ?? [];
  if (subgraphs(node).length === 0) return { node, outputs };
  const attributes = node.attributes.map((attribute): Attribute => {
    if (attribute.g && !graphs.has(attribute.name)) subgraph(attribute.name, []);
    const inferred = graphs.get(attribute.name);
    return inferred ? { ...attribute, g: inferred } : attribute;
  });
  return { node: { ...node, attributes }, outputs };
}

function inferFunction(
  body: FunctionProto,
  caller: Node,
  inputs: readonly (Known | undefined)[],
  scope: Scope,
): readonly Known[] {
  const opsets = versions(body.opsetImports);
  const inner = { ...scope, opsets, values: new Map<string, Known>(), outer: undefined };
  const given = inputs.map((known) => known ?? {});
  return inferInner(bodyOf(body, caller), inner, given)?.outputs ?? [];
}

/** A body that may be inferred many times; undefined once that has been done often enough. */
function inferInner(
  graph: Graph,
  scope: Scope,
  given: readonly Known[],
): InferredGraph | undefined {
  const depth = scope.depth + 1;
  if (scope.shared.repeats <= 0 || depth > MAX_DEPTH) return undefined;
  scope.shared.repeats -= graph.nodes.length + 1;
  return inferGraph(graph, { ...scope, depth }, given);
}

/** Lengths that cannot be are dropped, and each unknown dimension gets a symbol of its own. */
function settle(known: Known, { shared }: Scope): Known {
  if (known.shape === undefined) return known;
  const shape = known.shape.map((dim): Dim => {
    const possible = typeof dim === "number" ? Number.isSafeInteger(dim) && dim >= 0 : dim;
    return possible ? dim : freshSymbol(shared.symbols++);
  });
  return { ...known, shape };
}

function find(name: string, scope: Scope): Known | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const known = at.values.get(name);
    if (known) return known;
  }
  return undefined;
}

/** The graph with the types that were found. The main graph's inputs stay as the caller sees them. */
function stateTypes(graph: Graph, scope: Scope): Graph {
  const complete = (info: ValueInfo): ValueInfo => {
    const type = toType(find(info.name, scope) ?? {});
    return type ? { ...info, type } : info;
  };
  const infos = new Map(graph.valueInfos.map((info) => [info.name, info]));
  for (const { outputs } of graph.nodes)
    for (const name of outputs) if (name && !infos.has(name)) infos.set(name, { name });
  for (const { name } of graph.outputs) infos.delete(name);
  return {
    ...graph,
    inputs: scope.outer ? graph.inputs.map(complete) : graph.inputs,
    outputs: graph.outputs.map(complete),
    valueInfos: [...infos.values()].map(complete).filter(({ type }) => type !== undefined),
  };
}
