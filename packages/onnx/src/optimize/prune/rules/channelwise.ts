import { intAttribute, stringAttribute } from "../../../graph/attributes.ts";
import { floatsOf } from "../../../graph/tensorData.ts";
import type { Node } from "../../../proto/types.ts";
import { withList } from "../lists.ts";
import type { Trace } from "../trace.ts";
import { normaliseAxis, type Rule } from "./rule.ts";

const OTHER_AXIS = "it works along the axis of the channels";

/** Pools: each channel by itself, channels being axis 1. */
export const pool: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  if (input.axis !== 1) return OTHER_AXIS;
  // They count through all channels.
  if (node.outputs[1]) return "its indices are asked for";
  trace.follow(node.outputs[0], 1, input.units);
  return undefined;
};

/** BatchNormalization, InstanceNormalization: constants with an element for each channel. */
export const normalization: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  if (input.axis !== 1) return OTHER_AXIS;
  if (node.outputs.slice(1).some((name) => name !== "")) return "it is in training mode";
  const indices = node.inputs.map((_, index) => index).slice(1);
  if (indices.some((index) => trace.constant(node, index)?.dims[0] !== input.units.length))
    return "its statistics are not constant, or not loaded";
  for (const index of indices) trace.slice(node, index, 0, input.units, "vector");
  trace.follow(node.outputs[0], 1, input.units);
  return undefined;
};

/** Pad that adds no channels. */
export const pad: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  const pads = trace.integers(node, "pads", 1);
  const axes = node.inputs[3] ? trace.integers(node, "", 3) : pads?.map((_, axis) => axis);
  if (rank === undefined || pads === undefined || axes === undefined)
    return "its pads are not constant";
  const position = axes.findIndex((axis) => normaliseAxis(axis, rank) === input.axis);
  const count = pads.length / 2;
  if (position >= 0 && (pads[position] !== 0 || pads[position + count] !== 0))
    return "it adds or takes away channels";
  trace.follow(node.outputs[0], input.axis, input.units);
  return undefined;
};

/** Reductions along other axes than the channels'. */
export const reduce: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  const axes = trace.integers(node, "axes", 1);
  if (rank === undefined || (node.inputs[1] && axes === undefined))
    return "its axes are not constant";
  if (axes === undefined || axes.length === 0) {
    if (intAttribute(node, "noop_with_empty_axes", 0) === 0) return OTHER_AXIS;
    trace.follow(node.outputs[0], input.axis, input.units);
    return undefined;
  }
  const reduced = new Set(axes.map((axis) => normaliseAxis(axis, rank)));
  if (reduced.has(input.axis)) return OTHER_AXIS;
  const dropped = intAttribute(node, "keepdims", 1) === 0 ? [...reduced] : [];
  const axis = input.axis - dropped.filter((other) => other < input.axis).length;
  trace.follow(node.outputs[0], axis, input.units);
  return undefined;
};

/** Resize and Upsample of other axes than the channels'. */
export const resize: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  if (rank === undefined) return "the rank of its input is not known";
  if (stringAttribute(node, "coordinate_transformation_mode", "") === "tf_crop_and_resize")
    return "it crops";
  const axes = trace.integers(node, "axes", -1) ?? Array.from({ length: rank }, (_, i) => i);
  const position = axes.findIndex((axis) => normaliseAxis(axis, rank) === input.axis);
  if (position >= 0) {
    const reason = resizeChannels(node, trace, position, input.units);
    if (reason !== undefined) return reason;
  }
  trace.follow(node.outputs[0], input.axis, input.units);
  return undefined;
};

/** Where the channels' axis is listed: its scale must be 1, its size follows the channels. */
function resizeChannels(
  node: Node,
  trace: Trace,
  position: number,
  units: readonly number[],
): string | undefined {
  const sizes = node.inputs[3] ? trace.integers(node, "", 3) : undefined;
  if (sizes) {
    if (stringAttribute(node, "keep_aspect_ratio_policy", "stretch") !== "stretch")
      return "it keeps the aspect ratio of all axes";
    if (sizes[position] !== units.length) return "it changes the number of channels";
    trace.edits.set(node, (edited, kept, graph) =>
      withList(graph, edited, { input: 3 }, sizes.with(position, kept(units))),
    );
    return undefined;
  }
  const scales = scalesOf(node, trace);
  if (scales === undefined) return "its scales are not constant";
  return scales[position] === 1 ? undefined : "it changes the number of channels";
}

/** An attribute up to opset 8, the second input up to 10, the third since. */
function scalesOf(node: Node, trace: Trace): Float32Array | undefined {
  const attribute = node.attributes.find(({ name }) => name === "scales")?.floats;
  if (attribute || node.inputs[3]) return attribute;
  const tensor = trace.constant(node, node.inputs.length > 2 ? 2 : 1);
  return tensor && floatsOf(tensor);
}
