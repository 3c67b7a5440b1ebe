import { elementCount } from "@longshore/core";
import type { GraphEditor } from "../../graph/editor.ts";
import { integersOf } from "../../graph/tensorData.ts";

/** Larger constants are data, not shapes or axes. */
const MAX_ELEMENTS = 65_536;

/** The whole numbers of a small constant; undefined if the value is none. */
export function integerConstant(
  graph: GraphEditor,
  value: string | undefined,
): number[] | undefined {
  const tensor = value ? graph.constant(value) : undefined;
  if (tensor === undefined || !(elementCount(tensor.dims) <= MAX_ELEMENTS)) return undefined;
  try {
    return integersOf(tensor);
  } catch {
    // Another type, or data that are not loaded.
    return undefined;
  }
}
