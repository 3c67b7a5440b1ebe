import { operatorName } from "../edit.ts";
import { intAttribute, intsAttribute } from "../graph/attributes.ts";
import type { Attribute, Graph, Node } from "../proto/types.ts";
import type { Dim, Shape } from "./dims.ts";
import { listOf, type Known } from "./known.ts";

/** A node, with what is known of what goes into it. */
export interface Call {
  readonly node: Node;
  /** The version of the operator's domain that the model imports. */
  readonly opset: number;
  /** By position; undefined for an input that is left out. */
  readonly inputs: readonly (Known | undefined)[];
  /** Infers the graph that an attribute holds; what it gives to the node. */
  readonly subgraph: (attribute: string, inputs: readonly Known[]) => readonly Known[];
}

/** What an operator gives, by position; missing where nothing is known. */
export type Rule = (call: Call) => readonly Known[];

/** Rules by operator: its name in the standard domain, `domain.name` in others. */
export type Rules = Readonly<Record<string, Rule>>;

/** One rule under several names. */
export function each(names: string, rule: Rule): Rules {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, rule]));
}

/** Rules of another domain, under its name. */
export function inDomain(domain: string, rules: Rules): Rules {
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [operatorName({ domain, opType: name }), rule]),
  );
}

/** What is known of an input: nothing if it is left out. */
export function input({ inputs }: Call, index: number): Known {
  return inputs[index] ?? {};
}

/** The shape of an input, as far as known. */
export function shapeOf(call: Call, index: number): Shape | undefined {
  return call.inputs[index]?.shape;
}

/** The rank of an input, as far as known. */
export function rankOf(call: Call, index: number): number | undefined {
  return shapeOf(call, index)?.length;
}

/** The only element of an input. */
export function scalar(known: Known | undefined): Dim {
  return known?.elements?.length === 1 ? known.elements[0] : undefined;
}

/**
 * A list of integers that older opsets give as an attribute and newer ones as an input; undefined
 * if it is left out.
 */
export function listArgument(call: Call, attribute: string, index?: number): Known | undefined {
  const ints = intsAttribute(call.node, attribute);
  if (ints) return listOf(ints);
  return index === undefined ? undefined : call.inputs[index];
}

/** One integer that older opsets give as an attribute and newer ones as an input. */
export function intArgument(call: Call, attribute: string, index: number): Dim {
  return intAttribute(call.node, attribute, undefined) ?? scalar(call.inputs[index]);
}

/** A list whose elements are all known numbers. */
export function numbers(list: Known | undefined): number[] | undefined {
  const { elements } = list ?? {};
  return elements?.every((element) => typeof element === "number") ? [...elements] : undefined;
}

/** The attribute itself, of whichever kind. */
export function attributeOf(node: Node, name: string): Attribute | undefined {
  return node.attributes.find((attribute) => attribute.name === name);
}

/** The graph that an attribute holds. */
export function graphOf(node: Node, name: string): Graph | undefined {
  return attributeOf(node, name)?.g;
}
