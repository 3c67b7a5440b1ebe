import { attribute, type AttributeValue } from "../build.ts";
import type { Attribute, Node, TensorProto } from "../proto/types.ts";

const text = new TextDecoder();

function find(node: Node, name: string): Attribute | undefined {
  return node.attributes.find((candidate) => candidate.name === name);
}

/** A whole number, or the operator's default where the node does not say. */
export function intAttribute<T>(node: Node, name: string, fallback: T): number | T {
  const value = find(node, name)?.i;
  return value === undefined ? fallback : Number(value);
}

/** A list of whole numbers; undefined where the node does not say. */
export function intsAttribute(node: Node, name: string): number[] | undefined {
  const values = find(node, name)?.ints;
  return values && Array.from(values, Number);
}

/** A fraction, or the operator's default where the node does not say. */
export function floatAttribute<T>(node: Node, name: string, fallback: T): number | T {
  return find(node, name)?.f ?? fallback;
}

/** A string, or the operator's default where the node does not say. */
export function stringAttribute<T>(node: Node, name: string, fallback: T): string | T {
  const value = find(node, name)?.s;
  return value === undefined ? fallback : text.decode(value);
}

/** A tensor; undefined where the node has none. */
export function tensorAttribute(node: Node, name: string): TensorProto | undefined {
  return find(node, name)?.t;
}

/**
 * A copy of a node with some attributes set; `undefined` takes one away.
 *
 * ```ts
 * withAttributes(conv, { group: 2, auto_pad: undefined });
 * ```
 */
export function withAttributes(
  node: Node,
  values: Readonly<Record<string, AttributeValue | undefined>>,
): Node {
  const kept = node.attributes.filter(({ name }) => !(name in values));
  const set = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [attribute(name, value)],
  );
  return { ...node, attributes: [...kept, ...set] };
}
