import type { Dimension } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { floatAttribute } from "../../graph/attributes.ts";
import { sortNodes } from "../../graph/scope.ts";
import { floatsOf, isSingle } from "../../graph/tensorData.ts";
import type { Node } from "../../proto/types.ts";
import { biasedProduct } from "./biasedProduct.ts";
import { floatConstant } from "./constants.ts";
import { operatorOf, type Operator } from "./operators.ts";

/** What is computed on integers as one. */
export interface Unit {
  /** What computes it: a node of the graph, or a Gemm for a MatMul and the Add of a bias behind it. */
  readonly node: Node;
  /** The nodes of the graph that it is made of, but for its clamp. */
  readonly parts: readonly Node[];
  readonly operator: Operator;
  /** The activations that it reads, without its constants. */
  readonly inputs: readonly string[];
  /** The activations that it makes: the clamp's, where there is one. */
  readonly outputs: readonly string[];
  readonly clamp?: Clamp;
  /** The shape of a Gemm's result, where it has more axes than Gemm knows. */
  readonly shape?: readonly Dimension[];
}

/**
 * A Relu or Clip that only cuts off its input. Integers do so by themselves where the range that
 * they stand for ends at the bounds.
 */
export interface Clamp extends Bounds {
  readonly node: Node;
}

/** The ends of what a Relu or Clip lets through; infinite where it has none. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Everything in a graph that could be computed on integers, each behind what it depends on. The
 * graph must state types.
 */
export function findUnits(graph: GraphEditor): Unit[] {
  const taken = new Set<Node>();
  return sortNodes(graph.nodes).flatMap((node) => {
    const operator = operatorOf(node, graph);
    if (operator === undefined || taken.has(node)) return [];
    const unit = toUnit(biasedProduct(node, graph) ?? { node, parts: [node] }, operator, graph);
    for (const part of unit.parts) taken.add(part);
    return [unit];
  });
}

function toUnit(
  computed: Pick<Unit, "node" | "parts" | "shape">,
  operator: Operator,
  graph: GraphEditor,
): Unit {
  const { node } = computed;
  const inputs = take(node.inputs, operator.inputs).filter((name) => !graph.constant(name));
  const outputs = take(node.outputs, operator.outputs);
  const head = { ...computed, operator, inputs: [...new Set(inputs)] };
  const clamp = operator.kind === "movement" ? undefined : clampOf(node.outputs[0]!, graph);
  return clamp ? { ...head, outputs: [clamp.node.outputs[0]!], clamp } : { ...head, outputs };
}

/** A unit without its clamp, which stays a node of its own. */
export function withoutClamp(unit: Unit): Unit {
  const { clamp, ...rest } = unit;
  return clamp ? { ...rest, outputs: clamp.node.inputs.slice(0, 1) } : unit;
}

function take(names: readonly string[], which: "first" | "all"): string[] {
  return (which === "first" ? names.slice(0, 1) : names).filter((name) => name !== "");
}

function clampOf(value: string, graph: GraphEditor): Clamp | undefined {
  const node = graph.soleUser(value);
  if (node === undefined || node.inputs[0] !== value) return undefined;
  const bounds = boundsOf(node, graph);
  // A range has 0 in it, so it cannot end before.
  return bounds && bounds.min <= 0 && bounds.max >= 0 ? { node, ...bounds } : undefined;
}

/** The bounds of a Relu or Clip; undefined for other nodes, and where only a run tells them. */
export function boundsOf(node: Node, graph: GraphEditor): Bounds | undefined {
  if (domainOf(node) !== "") return undefined;
  if (node.opType === "Relu") return { min: 0, max: Infinity };
  if (node.opType !== "Clip") return undefined;
  const min = clipBound(node, "min", -Infinity, graph);
  const max = clipBound(node, "max", Infinity, graph);
  return min === undefined || max === undefined ? undefined : { min, max };
}

/** A bound of Clip: an input as of opset 11, before an attribute. Undefined if only a run tells. */
function clipBound(
  node: Node,
  which: "min" | "max",
  none: number,
  graph: GraphEditor,
): number | undefined {
  const name = node.inputs[which === "min" ? 1 : 2];
  if (!name) return floatAttribute(node, which, none);
  const tensor = floatConstant(name, graph);
  return tensor && isSingle(tensor) ? floatsOf(tensor)[0] : undefined;
}
