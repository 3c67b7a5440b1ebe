import { elementCount } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import { intAttribute, intsAttribute } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { elementsOf, floatsOf, integersOf } from "../../graph/tensorData.ts";
import type { Node } from "../../proto/types.ts";
import { integerConstant } from "./integerConstant.ts";

/**
 * Whether a node's first output always is its first input, or the one constant of neutral elements
 * beside it leaves the other as it is: the input that passes through, undefined for any other node.
 */
export function passedThrough(node: Node, graph: GraphEditor): string | undefined {
  if (domainOf(node) !== "") return undefined;
  const [first = ""] = node.inputs;
  if (IS_NO_OP[node.opType]?.(node, graph)) return first || undefined;
  const neutral = NEUTRAL[node.opType];
  if (neutral === undefined) return undefined;
  const [, second = ""] = node.inputs;
  if (isNeutral(graph, second, first, neutral.element)) return first;
  if (neutral.commutes && isNeutral(graph, first, second, neutral.element)) return second;
  return undefined;
}

type Rule = (node: Node, graph: GraphEditor) => boolean;

const ofOne: Rule = ({ inputs }) => inputs.length === 1;

const IS_NO_OP: Readonly<Record<string, Rule>> = {
  Identity: () => true,
  Dropout: isInactiveDropout,
  Cast: (node, graph) => {
    const to = intAttribute(node, "to", undefined);
    return to !== undefined && graph.elementType(node.inputs[0] ?? "") === to;
  },
  Concat: ofOne,
  Max: ofOne,
  Mean: ofOne,
  Min: ofOne,
  Sum: ofOne,
  Transpose: (node, graph) => {
    const order = intsAttribute(node, "perm");
    if (order === undefined) return (graph.shape(node.inputs[0] ?? "")?.length ?? 2) <= 1;
    return order.every((axis, index) => axis === index);
  },
  Reshape: keepsShape,
  Flatten: (node, graph) =>
    graph.shape(node.inputs[0] ?? "")?.length === 2 && intAttribute(node, "axis", 1) === 1,
  Expand: expandsNothing,
  Tile: (node, graph) =>
    integerConstant(graph, node.inputs[1])?.every((times) => times === 1) ?? false,
  Pad: (node, graph) => {
    const pads = intsAttribute(node, "pads") ?? integerConstant(graph, node.inputs[1]);
    return pads?.every((pad) => pad === 0) ?? false;
  },
  Slice: takesAll,
};

/** Before opset 12, a model that is not trained has no other. */
function isInactiveDropout(node: Node, graph: GraphEditor): boolean {
  if ((graph.opset() ?? 0) < 7) return false;
  const [, , training = ""] = node.inputs;
  return training === "" || integerConstant(graph, training)?.[0] === 0;
}

/** A 0 in the target stands for the input's length there, a −1 for what is left over. */
function keepsShape(node: Node, graph: GraphEditor): boolean {
  const shape = graph.shape(node.inputs[0] ?? "");
  const target = integerConstant(graph, node.inputs[1]);
  if (shape === undefined || target === undefined || shape.length !== target.length) return false;
  const copiesZero = intAttribute(node, "allowzero", 0) === 0;
  const open = target.filter((length, axis) => {
    if (length === 0 && copiesZero) return false;
    return length !== shape[axis];
  });
  return open.length === 0 || (open.length === 1 && open[0] === -1 && !shape.includes(0));
}

function expandsNothing(node: Node, graph: GraphEditor): boolean {
  const target = integerConstant(graph, node.inputs[1]);
  const shape = graph.shape(node.inputs[0] ?? "");
  if (target === undefined || shape === undefined || target.length > shape.length) return false;
  const aligned = shape.slice(shape.length - target.length);
  return target.every((length, axis) => length === 1 || length === aligned[axis]);
}

/** Ends at or beyond this mean "to the end". */
const END = 2 ** 31 - 1;

function takesAll(node: Node, graph: GraphEditor): boolean {
  const given = (name: string, index: number): number[] | undefined =>
    intsAttribute(node, name) ?? integerConstant(graph, node.inputs[index]);
  const starts = given("starts", 1);
  const ends = given("ends", 2);
  const isGiven = (index: number): boolean => (node.inputs[index] ?? "") !== "";
  const steps = isGiven(4) ? integerConstant(graph, node.inputs[4]) : [];
  const axes = given("axes", 3);
  if (starts === undefined || ends === undefined || steps === undefined) return false;
  if (axes === undefined && isGiven(3)) return false;
  const shape = graph.shape(node.inputs[0] ?? "");
  const reachesEnd = (end: number, index: number): boolean => {
    const axis = axes?.[index] ?? index;
    const length = shape?.at(axis);
    return end >= END || (typeof length === "number" && end >= length);
  };
  return (
    starts.every((start) => start === 0) &&
    steps.every((step) => step === 1) &&
    ends.every(reachesEnd)
  );
}

/** Operators with an element that changes nothing; of those that commute, on either side. */
const NEUTRAL: Readonly<Record<string, { readonly element: number; readonly commutes: boolean }>> =
  {
    Add: { element: 0, commutes: true },
    Sub: { element: 0, commutes: false },
    Mul: { element: 1, commutes: true },
    Div: { element: 1, commutes: false },
    Pow: { element: 1, commutes: false },
  };

/** Constants larger than this are not looked through. */
const MAX_NEUTRAL = 65_536;

/** Whether a value is a constant of neutral elements that does not make the other one larger. */
function isNeutral(graph: GraphEditor, value: string, other: string, element: number): boolean {
  const tensor = value === "" || other === "" ? undefined : graph.constant(value);
  if (tensor === undefined || !(elementCount(tensor.dims) <= MAX_NEUTRAL)) return false;
  const { dims, dataType } = tensor;
  // Without this, Pow of a float to an integer would change its type.
  if (graph.elementType(other) !== dataType) return false;
  const shape = graph.shape(other);
  const rank = shape?.length ?? 0;
  if (dims.length > rank) return false;
  const aligned = shape?.slice(rank - dims.length) ?? [];
  if (!dims.every((length, axis) => length === 1 || length === aligned[axis])) return false;
  return numbers(tensor)?.every((number) => number === element) ?? false;
}

function numbers(tensor: Parameters<typeof elementsOf>[0]): number[] | undefined {
  try {
    const elements = elementsOf(tensor);
    if (elements instanceof Float64Array) return [...elements];
    return FLOATS.has(tensor.dataType) ? [...floatsOf(tensor)] : integersOf(tensor);
  } catch {
    return undefined;
  }
}

/** FP32, FP16, BF16. */
const FLOATS: ReadonlySet<number> = new Set([1, 10, 16]);
