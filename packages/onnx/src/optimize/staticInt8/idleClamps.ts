import { domainOf } from "../../edit.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { floatsOf, integersOf, isSingle } from "../../graph/tensorData.ts";
import type { Node } from "../../proto/types.ts";
import { bypass } from "../clean/bypass.ts";
import { operatorOf } from "./operators.ts";
import { U8 } from "./scales.ts";
import { boundsOf, type Bounds } from "./units.ts";

/**
 * Removes each Relu and Clip that cuts nothing off which the QuantizeLinear behind it would not cut
 * off as well, such as the second of two in a row: the first became the end of a range.
 *
 * ONNX Runtime does so, too, but late: where that brings the QuantizeLinear to an operator between
 * integers, it removes a DequantizeLinear in front that is still read, and does not load the model
 * (seen in 1.30: "Node input … is not a graph input, initializer, or output of a previous node").
 */
export function dropIdleClamps(graph: GraphEditor): void {
  // What is in front of a clamp that is gone is in front of the QuantizeLinear.
  for (const { outputs } of graph.nodes.toReversed()) {
    const clamp = graph.producer(outputs[0] ?? "");
    const bounds = clamp && boundsOf(clamp, graph);
    if (bounds === undefined) continue;
    const [input = ""] = clamp!.inputs;
    if (isFromIntegers(input, graph) && isIdle(bounds, outputs[0]!, graph))
      bypass(graph, clamp!, input);
  }
}

/**
 * Whether an operator makes a value of integers, and only moves and clamps are between. ONNX Runtime
 * brings a QuantizeLinear in front of moves, even past a value that the caller reads: not further.
 */
function isFromIntegers(value: string, graph: GraphEditor): boolean {
  if (graph.isOutput(value)) return false;
  const producer = graph.producer(value);
  if (producer === undefined) return false;
  const [input = "", ...others] = producer.inputs;
  const passes =
    boundsOf(producer, graph) ??
    (moves(producer, graph) && others.every((name) => graph.constant(name)));
  if (passes) return isFromIntegers(input, graph);
  return producer.inputs.some((name) => graph.producer(name)?.opType === "DequantizeLinear");
}

function moves(node: Node, graph: GraphEditor): boolean {
  const operator = operatorOf(node, graph);
  return operator?.kind === "movement" && operator.obstacle?.(node) === undefined;
}

/** Whether all who read a value make integers of it which are the same without these bounds. */
function isIdle(bounds: Bounds, value: string, graph: GraphEditor): boolean {
  if (graph.isOutput(value) || graph.isCaptured(value)) return false;
  return graph.users(value).every((user) => {
    // Elements that are moved, or the largest of several, are cut off behind it as they were in front.
    if (moves(user, graph)) return user.outputs.every((output) => isIdle(bounds, output, graph));
    return user.opType === "QuantizeLinear" && domainOf(user) === "" && cuts(user, bounds, graph);
  });
}

/** Whether a QuantizeLinear cuts off what these bounds do. */
function cuts(node: Node, { min, max }: Bounds, graph: GraphEditor): boolean {
  const [, scales, zeroPoint] = node.inputs.map((name) => graph.constant(name));
  if (scales === undefined || zeroPoint === undefined || !isSingle(scales)) return false;
  const [scale] = floatsOf(scales) as unknown as [number];
  const [zero] = integersOf(zeroPoint) as [number];
  const [low, high] = [(U8.low - zero) * scale, (U8.high - zero) * scale];
  // Whatever is less than half a step beyond the last integer is rounded to it.
  return min < low + scale / 2 && max > high - scale / 2;
}
