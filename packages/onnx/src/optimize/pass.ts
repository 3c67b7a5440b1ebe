import type { Model, Node } from "../proto/types.ts";

/** What a pass made of a model. */
export interface PassResult {
  /** Valid whatever happened; the very model that was given if nothing changed. */
  readonly model: Model;
  /** What was done, in words: `MatMul "fc1": weights in int8 per column`. */
  readonly changes: readonly string[];
  /** What a user may have expected to change, but had to stay. */
  readonly skipped: readonly Skipped[];
}

/** A node that a pass left as it was. */
export interface Skipped {
  /** Its name, or that of its first output where it has none. */
  readonly node: string;
  readonly opType: string;
  readonly reason: string;
}

/** What messages call a node: its name, or that of its first output. */
export function nodeLabel({ name, outputs }: Pick<Node, "name" | "outputs">): string {
  return name || outputs[0] || "";
}

/** What a pass tells of a node that it leaves as it was. */
export function skip(node: Node, reason: string): Skipped {
  return { node: nodeLabel(node), opType: node.opType, reason };
}
