import { DATATYPES } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import { intAttribute, stringAttribute } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { sortNodes } from "../../graph/scope.ts";
import { isSingle, floatsOf } from "../../graph/tensorData.ts";
import type { Node } from "../../proto/types.ts";
import { nodeLabel, skip, type Skipped } from "../pass.ts";
import { whyNotHalf } from "./halve.ts";
import {
  fp32Inputs,
  isPeek,
  isProduct,
  isStandard,
  isWidening,
  kindOf,
  whyBlocked,
} from "./operators.ts";
import type { ElementTypes } from "./types.ts";

const FP32 = DATATYPES.FP32.onnx;

/** Which nodes of a graph compute in FP16, and which do not. */
export interface Choice {
  /** The nodes that compute in FP16. */
  readonly half: ReadonlySet<Node>;
  readonly stays: readonly Skipped[];
  /** Nodes that read or make FP32: all that could compute in FP16. */
  readonly candidates: number;
}

/**
 * Which nodes of a graph compute in FP16.
 *
 * Beside those that have no FP16 form, these stay in FP32:
 * - whatever reads a constant that FP16 cannot hold, such as the -3.4e38 of attention masks;
 * - whatever reads values that may be out of range, up to a node whose results are small again
 *   (the root of a mean of squares) or that is a product;
 * - what leads to whole numbers, coordinates or angles, which need more than 11 bits;
 * - what reads only values that are in FP32 anyhow: casting them would gain nothing.
 */
export function chooseHalf(
  graph: GraphEditor,
  types: ElementTypes,
  keep: ReadonlySet<string>,
): Choice {
  const nodes = sortNodes(graph.nodes).filter((node) => isCandidate(node, types));
  const exact = findExact(graph, nodes, types);
  const half = new Set<Node>();
  const wide = new Set<string>();
  const stays: Skipped[] = [];
  for (const node of nodes) {
    const range = whyOutOfRange(graph, node, types, wide);
    const kept = keep.has(nodeLabel(node));
    const reason = whyNot(graph, node, types, half) ?? exact.get(node) ?? range;
    if (reason === undefined && !kept) {
      half.add(node);
      continue;
    }
    if (!kept) stays.push(skip(node, reason!));
    if (range !== undefined && !narrows(node, wide))
      for (const name of node.outputs) wide.add(name);
  }
  return { half, stays, candidates: nodes.length };
}

/** Casts follow their surroundings, constants and looks at a shape cost nothing: no choice is needed. */
function isCandidate(node: Node, types: ElementTypes): boolean {
  const free = ["Cast", "Constant"].some((opType) => isStandard(node, opType)) || isPeek(node);
  return !free && [...node.inputs, ...node.outputs].some((name) => types.get(name) === FP32);
}

/** The inputs that would be cast. */
function floatInputs(node: Node, types: ElementTypes): string[] {
  const fixed = fp32Inputs(node);
  return node.inputs.filter((name, index) => types.get(name) === FP32 && !fixed.has(index));
}

function whyNot(
  graph: GraphEditor,
  node: Node,
  types: ElementTypes,
  half: ReadonlySet<Node>,
): string | undefined {
  if (isWidening(node)) return "its results may leave FP16's range";
  if (kindOf(node) === undefined) return whyBlocked(node);
  if (stringAttribute(node, "reduction", "none") !== "none")
    return "few runtimes combine elements in FP16";
  const unknown = [...node.inputs, ...node.outputs].find((name) => name !== "" && !types.has(name));
  if (unknown !== undefined) return `the type of "${unknown}" is not known`;
  if (isProduct(node)) return undefined;
  const variable = floatInputs(node, types).filter((name) => graph.constant(name) === undefined);
  const idle =
    variable.length > 0 &&
    variable.every((name) => {
      const producer = graph.producer(name);
      return producer && !half.has(producer) && !isStandard(producer, "Cast");
    });
  return idle ? "all that it reads is in FP32" : undefined;
}

/** Why what a node reads or makes may be beyond 65504. */
function whyOutOfRange(
  graph: GraphEditor,
  node: Node,
  types: ElementTypes,
  wide: ReadonlySet<string>,
): string | undefined {
  if (isWidening(node) && !isRoot(graph, node)) return "its results may leave FP16's range";
  for (const name of floatInputs(node, types)) {
    const constant = graph.constant(name);
    // Bounds beyond the range do not bound: they become infinite.
    const bound = isStandard(node, "Clip") && name !== node.inputs[0];
    const problem = constant && !bound ? whyNotHalf(constant) : undefined;
    if (problem !== undefined) return `"${name}" ${problem}`;
    if (wide.has(name) && !isProduct(node)) return `"${name}" may leave FP16's range`;
  }
  const own = node.attributes.find(({ t }) => t?.dataType === FP32)?.t;
  return own && whyNotHalf(own);
}

/** Whether a node's results are back in range although what it reads is not. */
function narrows(node: Node, wide: ReadonlySet<string>): boolean {
  if (kindOf(node) === "bounded") return true;
  // A share of a sum; a deviation over its root.
  return isStandard(node, "Div") && wide.has(node.inputs[1] ?? "");
}

/** A power from -1 to 1 makes no number larger that is worth speaking of. */
function isRoot(graph: GraphEditor, node: Node): boolean {
  if (!isStandard(node, "Pow")) return false;
  const exponent = graph.constant(node.inputs[1] ?? "");
  return exponent !== undefined && isSingle(exponent) && Math.abs(floatsOf(exponent)[0]!) <= 1;
}

/** Nodes whose results must be exact to more than 11 bits, with the reason. */
function findExact(
  graph: GraphEditor,
  nodes: readonly Node[],
  types: ElementTypes,
): ReadonlyMap<Node, string> {
  const exact = new Map<Node, string>();
  const candidates = new Set(nodes);
  const open: { name: string; reason: string; products: boolean }[] = [];
  for (const node of graph.nodes)
    for (const [index, name] of node.inputs.entries()) {
      const found = types.get(name) === FP32 ? needsExact(node, index) : undefined;
      if (found !== undefined) open.push({ name, ...found });
    }
  for (let need = open.pop(); need; need = open.pop()) {
    const { name, reason, products } = need;
    const producer = graph.producer(name);
    if (producer === undefined || exact.has(producer) || !candidates.has(producer)) continue;
    if (isProduct(producer) && !products) continue;
    exact.set(producer, reason);
    for (const input of producer.inputs) open.push({ name: input, reason, products });
  }
  return exact;
}

/** Whether an input is read exactly; and whether a product on the way to it must be exact too. */
function needsExact(node: Node, index: number): { reason: string; products: boolean } | undefined {
  if (domainOf(node) !== "") return undefined;
  const { opType } = node;
  if (opType === "Cast" && WHOLE_NUMBERS.has(intAttribute(node, "to", 0)))
    return { reason: "whole numbers are made of its results", products: false };
  if (fp32Inputs(node).has(index) || opType === "Range")
    return { reason: "a size is made of its results", products: false };
  if (opType === "Sin" || opType === "Cos")
    return { reason: "angles are made of its results", products: true };
  if ((opType === "GridSample" || opType === "RoiAlign") && index === 1)
    return { reason: "coordinates are made of its results", products: false };
  return undefined;
}

const WHOLE_NUMBERS: ReadonlySet<number> = new Set(
  (["INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64"] as const).map(
    (datatype) => DATATYPES[datatype].onnx,
  ),
);
