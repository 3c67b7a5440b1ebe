import type { Node } from "../../../proto/types.ts";
import type { Trace } from "../trace.ts";

/**
 * Follows channels through one node. Gives back why it cannot, in words that go on from "they stay:";
 * the channels that the node reads stay then, and those of its outputs are not followed.
 */
export type Rule = (node: Node, trace: Trace) => string | undefined;

/** An axis that may be counted from the end. */
export function normaliseAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
