import { elementCount } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import { elementType, rawBytes } from "../../elementType.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { sortNodes } from "../../graph/scope.ts";
import type { Node, TensorProto } from "../../proto/types.ts";
import { subgraphs } from "../../walk.ts";
import { RANDOM_OPERATORS } from "./randomOperators.ts";

/** Nodes that hang together and depend on constants alone. */
export interface ConstantPart {
  /** In order. */
  readonly nodes: readonly Node[];
  /** The constants that they start from, by name. */
  readonly sources: ReadonlyMap<string, TensorProto>;
  /** The values that the rest of the graph reads. */
  readonly results: readonly string[];
}

/** A result may be larger than what it replaces by this much. */
const MAX_GROWTH_BYTES = 2 ** 20;

/** Finds what can be calculated in advance, apart from what would make the model much larger. */
export function constantParts(graph: GraphEditor): ConstantPart[] {
  const nodes = sortNodes(graph.nodes);
  const constant = constantNodes(graph, nodes);
  keepUseful(graph, nodes, constant);
  return connected(graph, nodes, constant).filter(({ sources, results }) => {
    const size = sum(results, (name) => valueBytes(graph, name) ?? 0);
    const freed = sum(sources, ([name, tensor]) =>
      isOnlyReadBy(graph, name, constant) ? (bytesOf(tensor) ?? 0) : 0,
    );
    return size <= freed + MAX_GROWTH_BYTES;
  });
}

/** The nodes that depend on constants alone, and give the same at each run. */
function constantNodes(graph: GraphEditor, nodes: readonly Node[]): Set<Node> {
  const constant = new Set<Node>();
  for (const node of nodes) {
    const inputs = node.inputs.filter((name) => name !== "");
    const known = inputs.every((name) => {
      const producer = graph.producer(name);
      return (producer && constant.has(producer)) || sourceOf(graph, name);
    });
    if (known && inputs.length > 0 && canCalculate(node) && staysSmall(graph, node))
      constant.add(node);
  }
  return constant;
}

function sourceOf(graph: GraphEditor, name: string): TensorProto | undefined {
  const tensor = graph.constant(name);
  return tensor?.dataLocation === 1 ? undefined : tensor;
}

function canCalculate(node: Node): boolean {
  return domainOf(node) === "" && !NOT_CALCULATED.has(node.opType) && subgraphs(node).length === 0;
}

/** Random ones, and those that keep a model small: it wants its weights quantised. */
const NOT_CALCULATED: ReadonlySet<string> = new Set([...RANDOM_OPERATORS, "DequantizeLinear"]);

/** Whether a node's outputs are at most as large as its inputs, or small. */
function staysSmall(graph: GraphEditor, node: Node): boolean {
  const sizes = node.outputs.filter((name) => name !== "").map((name) => valueBytes(graph, name));
  if (sizes.includes(undefined)) return SELECTS.has(node.opType);
  const given = sum(new Set(node.inputs), (name) => valueBytes(graph, name) ?? 0);
  return sum(sizes, (size) => size ?? 0) <= Math.max(given, MAX_GROWTH_BYTES);
}

/** What these give depends on the elements, but is never more than they are given. */
const SELECTS: ReadonlySet<string> = new Set(["Compress", "NonZero", "Unique"]);

/** Takes away, from the end, nodes whose results cannot be fetched or need not be. */
function keepUseful(graph: GraphEditor, nodes: readonly Node[], constant: Set<Node>): void {
  for (const node of nodes.toReversed()) {
    if (!constant.has(node)) continue;
    const results = node.outputs.filter((name) => isResult(graph, name, constant));
    const fetchable = results.every(
      // An output of the graph keeps its node: tools expect one.
      (name) => !graph.isOutput(name) && isFetchable(graph.elementType(name)),
    );
    if (!fetchable) constant.delete(node);
  }
}

/** Whether a runtime gives a type back as it is. BF16 and strings are not exchanged faithfully. */
function isFetchable(code: number | undefined): boolean {
  const datatype = code === undefined ? undefined : elementType(code)?.datatype;
  return datatype !== undefined && datatype !== "BYTES" && datatype !== "BF16";
}

/** Whether a value is read by the rest of the graph. */
function isResult(graph: GraphEditor, name: string, constant: ReadonlySet<Node>): boolean {
  return name !== "" && !isOnlyReadBy(graph, name, constant);
}

function isOnlyReadBy(graph: GraphEditor, name: string, readers: ReadonlySet<Node>): boolean {
  if (graph.isOutput(name) || graph.scopeOf(name) !== graph) return false;
  return graph.users(name).every((user) => readers.has(user));
}

/** Nodes that read each other's values go together. */
function connected(
  graph: GraphEditor,
  nodes: readonly Node[],
  constant: ReadonlySet<Node>,
): ConstantPart[] {
  const parts = new Map<Node, Node[]>();
  for (const node of nodes) {
    if (!constant.has(node)) continue;
    let part = [node];
    parts.set(node, part);
    for (const name of node.inputs) {
      const producer = name === "" ? undefined : graph.producer(name);
      const other = producer && parts.get(producer);
      if (other === undefined || other === part) continue;
      for (const member of part) parts.set(member, other);
      other.push(...part);
      part = other;
    }
  }
  return [...new Set(parts.values())].map((members) => {
    const own = new Set(members);
    const sources = new Map<string, TensorProto>();
    for (const { inputs } of members)
      for (const name of inputs) {
        const tensor = name === "" ? undefined : sourceOf(graph, name);
        if (tensor) sources.set(name, tensor);
      }
    const results = members.flatMap(({ outputs }) =>
      outputs.filter((name) => isResult(graph, name, own)),
    );
    return { nodes: sortNodes(members), sources, results };
  });
}

/** Bytes of a value; undefined if its type or a length is not known. */
function valueBytes(graph: GraphEditor, name: string): number | undefined {
  if (name === "") return 0;
  const constant = graph.constant(name);
  if (constant) return bytesOf(constant);
  const dims = graph.shape(name);
  const dataType = graph.elementType(name);
  if (dataType === undefined || !dims?.every((length) => typeof length === "number"))
    return undefined;
  return bytesOf({ dims, dataType });
}

function bytesOf({ dims, dataType }: Pick<TensorProto, "dims" | "dataType">): number | undefined {
  const type = elementType(dataType);
  return type && rawBytes(type, elementCount(dims));
}

function sum<T>(values: Iterable<T>, size: (value: T) => number): number {
  let total = 0;
  for (const value of values) total += size(value);
  return total;
}
