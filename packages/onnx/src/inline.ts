import { node as makeNode } from "./build.ts";
import { domainOf } from "./edit.ts";
import { bodyOf, functionsOf, keyOfCall } from "./infer/functions.ts";
import type { Attribute, FunctionProto, Graph, Model, Node, OperatorSetId } from "./proto/types.ts";
import { walkModel } from "./walk.ts";

/** Larger results are not what anyone means by a model: functions that call each other many times. */
const MAX_NODES = 1_000_000;

/**
 * A copy of a model in which the nodes of its functions stand where the functions are called, as
 * ONNX Runtime does it when it loads a model. The model itself if it has no functions, if they call
 * each other in a circle or beyond all measure, or want other operator versions than the model.
 */
export function inlineFunctions(model: Model): Model {
  const functions = functionsOf(model);
  const opsetImports = mergedImports(model);
  if (functions.size === 0 || opsetImports === undefined) return model;
  const inlining: Inlining = { functions, folders: firstParts(model), calls: 0, nodes: 0 };
  const graph = inlineGraph(model.graph, inlining, []);
  return graph ? { ...model, graph, opsetImports, functions: [] } : model;
}

interface Inlining {
  readonly functions: ReadonlyMap<string, FunctionProto>;
  /** What names of values begin with up to a slash. */
  readonly folders: ReadonlySet<string>;
  calls: number;
  nodes: number;
}

/** @param callers the functions that are being inlined. @returns undefined if it cannot be done. */
function inlineGraph(
  graph: Graph,
  inlining: Inlining,
  callers: readonly FunctionProto[],
): Graph | undefined {
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const inlined = inlineNode(node, inlining, callers);
    if (inlined === undefined) return undefined;
    for (const each of inlined) nodes.push(each);
  }
  return { ...graph, nodes };
}

function inlineNode(
  node: Node,
  inlining: Inlining,
  callers: readonly FunctionProto[],
): readonly Node[] | undefined {
  const body = inlining.functions.get(keyOfCall(node));
  if (body) {
    if (callers.includes(body)) return undefined;
    const call = renamed(bodyOf(body, node), node, newPrefix(body.name, inlining));
    return inlineGraph(call, inlining, [...callers, body])?.nodes;
  }
  inlining.nodes += 1;
  if (inlining.nodes > MAX_NODES) return undefined;
  const attributes: Attribute[] = [];
  for (const attribute of node.attributes) {
    const g = attribute.g && inlineGraph(attribute.g, inlining, callers);
    if (attribute.g && g === undefined) return undefined;
    attributes.push(g ? { ...attribute, g } : attribute);
  }
  return [attributes.some(({ g }) => g) ? { ...node, attributes } : node];
}

/** What the names of values begin with that belong to one call. */
function newPrefix(name: string, inlining: Inlining): string {
  const folder = (): string => `${name}_${inlining.calls}`.replaceAll("/", "_");
  do inlining.calls += 1;
  while (inlining.folders.has(folder()));
  return `${folder()}/`;
}

/** A function's body with the caller's names for what goes in and out, and own ones inside. */
function renamed(body: Graph, caller: Node, prefix: string): Graph {
  const bound = new Map<string, string>([["", ""]]);
  for (const [index, { name }] of body.inputs.entries())
    bound.set(name, caller.inputs[index] ?? "");
  const passed: Node[] = [];
  for (const [index, { name }] of body.outputs.entries()) {
    const wanted = caller.outputs[index] ?? "";
    if (wanted === "") continue;
    const known = bound.get(name);
    if (known === undefined) bound.set(name, wanted);
    else passed.push(makeNode("Identity", [known], [wanted]));
  }
  const rename = (name: string): string => bound.get(name) ?? `${prefix}${name}`;
  const graph = renameAll(body, rename, prefix);
  return { ...graph, nodes: [...graph.nodes, ...passed] };
}

/** Every value under another name, in subgraphs too. */
function renameAll(graph: Graph, rename: (name: string) => string, prefix: string): Graph {
  const renameNamed = <T extends { name?: string }>(values: readonly T[]): T[] =>
    values.map((value) => ({ ...value, name: rename(value.name ?? "") }));
  const nodes = graph.nodes.map((node): Node => ({
    ...node,
    ...(node.name && { name: `${prefix}${node.name}` }),
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: node.attributes.map((attribute) => ({
      ...attribute,
      ...(attribute.g && { g: renameAll(attribute.g, rename, prefix) }),
    })),
  }));
  return {
    ...graph,
    nodes,
    initializers: renameNamed(graph.initializers),
    inputs: renameNamed(graph.inputs),
    outputs: renameNamed(graph.outputs),
    valueInfos: renameNamed(graph.valueInfos),
  };
}

/** The model's imports and those of its functions; undefined if they disagree. */
function mergedImports({ opsetImports, functions = [] }: Model): OperatorSetId[] | undefined {
  const merged = [...opsetImports];
  for (const needed of functions.flatMap((body) => body.opsetImports)) {
    const known = merged.find((opset) => domainOf(opset) === domainOf(needed));
    if (known === undefined) merged.push(needed);
    else if (known.version !== needed.version) return undefined;
  }
  return merged;
}

function firstParts(model: Model): Set<string> {
  const parts = new Set<string>();
  const add = (name: string): unknown => parts.add(name.split("/", 1)[0]!);
  walkModel(model, {
    graph: ({ inputs }) => inputs.forEach(({ name }) => add(name)),
    tensor: ({ name = "" }) => add(name),
    node: ({ inputs, outputs }) => [...inputs, ...outputs].forEach(add),
  });
  return parts;
}
