import { DATATYPES } from "@longshore/core";
import { tensor } from "../../build.ts";
import { withAttributes } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";

/** Where a node has a list of whole numbers, by the version of its operator. */
export interface ListPlace {
  readonly attribute?: string;
  readonly input?: number;
}

/**
 * A copy of a node with another list of whole numbers: in the input if that is where it belongs,
 * else in the attribute.
 */
export function withList(
  graph: GraphEditor,
  node: Node,
  { attribute: name, input }: ListPlace,
  values: readonly number[],
): Node {
  if (input === undefined) return withAttributes(node, { [name!]: values });
  const before = node.inputs[input] || `${node.outputs[0]}_lengths`;
  // Inputs of one operator must agree on the type of their indices.
  const narrow = graph.constant(before)?.dataType === DATATYPES.INT32.onnx;
  const list = narrow
    ? tensor(before, "INT32", [values.length], Int32Array.from(values))
    : tensor(before, "INT64", [values.length], BigInt64Array.from(values, BigInt));
  const inputs = [...node.inputs];
  while (inputs.length < input) inputs.push("");
  inputs[input] = graph.addConstant(list);
  return { ...node, inputs };
}
