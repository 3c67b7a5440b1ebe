import { intAttribute, intsAttribute, withAttributes } from "../../../graph/attributes.ts";
import { withList } from "../lists.ts";
import { normaliseAxis, type Rule } from "./rule.ts";

/** Concat: of channels, or of values with the same channels along another axis. */
export const concat: Rule = (node, trace) => {
  const followed = node.inputs.flatMap((_, index) => trace.input(node, index) ?? []);
  const [first] = followed;
  if (first === undefined) return undefined;
  const shapes = node.inputs.map((_, index) => trace.shape(node, index));
  const rank = shapes.find((shape) => shape !== undefined)?.length;
  if (rank === undefined) return "the rank of its inputs is not known";
  if (followed.some(({ axis }) => axis !== first.axis)) return "their axes differ";
  if (normaliseAxis(intAttribute(node, "axis", 1), rank) !== first.axis) {
    if (followed.length < node.inputs.length) return "it meets channels that cannot be followed";
    for (const other of followed) trace.units.join(first.units, other.units);
    trace.follow(node.outputs[0], first.axis, first.units);
    return undefined;
  }
  const lengths = shapes.map((shape) => shape?.[first.axis]);
  if (!lengths.every((length) => typeof length === "number"))
    return "it meets values of unknown length";
  const units = lengths.flatMap((length, index) => {
    const input = trace.input(node, index);
    if (input) return input.units;
    const fixed = trace.units.create(length);
    trace.units.freeze(fixed, `"${node.inputs[index]}" cannot be followed`);
    return fixed;
  });
  trace.follow(node.outputs[0], first.axis, units);
  return undefined;
};

/** Split: each piece keeps what is left of its channels. */
export const split: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  if (rank === undefined) return "the rank of its input is not known";
  if (normaliseAxis(intAttribute(node, "axis", 0), rank) !== input.axis) {
    for (const output of node.outputs) trace.follow(output, input.axis, input.units);
    return undefined;
  }
  const stated = trace.integers(node, "split", 1);
  if (node.inputs[1] && stated === undefined) return "the lengths of its pieces are not constant";
  const total = input.units.length;
  const size = Math.ceil(total / node.outputs.length);
  const sizes = stated ?? node.outputs.map((_, piece) => Math.min(size, total - piece * size));
  const starts = sizes.map((_, piece) => sizes.slice(0, piece).reduce((a, b) => a + b, 0));
  const pieces = starts.map((start, piece) => input.units.slice(start, start + sizes[piece]!));
  for (const [piece, output] of node.outputs.entries())
    trace.follow(output, input.axis, pieces[piece]!);
  trace.edits.set(node, (edited, kept, graph) => {
    const place = (graph.opset() ?? 0) >= 13 ? { input: 1 } : { attribute: "split" };
    const bare = withAttributes(edited, { num_outputs: undefined });
    return withList(graph, bare, place, pieces.map(kept));
  });
  return undefined;
};

/** Slice, of channels only in steps of one. */
export const slice: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  const starts = trace.integers(node, "starts", 1);
  const ends = trace.integers(node, "ends", 2);
  const axes = node.inputs[3]
    ? trace.integers(node, "", 3)
    : (intsAttribute(node, "axes") ?? starts?.map((_, axis) => axis));
  const steps = node.inputs[4] ? trace.integers(node, "", 4) : starts?.map(() => 1);
  if (rank === undefined || !starts || !ends || !axes || !steps)
    return "its bounds are not constant";
  const position = axes.findIndex((axis) => normaliseAxis(axis, rank) === input.axis);
  if (position < 0) {
    trace.follow(node.outputs[0], input.axis, input.units);
    return undefined;
  }
  if (steps[position] !== 1) return "it takes them in steps";
  const { units } = input;
  const at = (bound: number): number =>
    Math.min(Math.max(bound < 0 ? bound + units.length : bound, 0), units.length);
  const [start, end] = [at(starts[position]!), at(ends[position]!)];
  if (start >= end) return "it takes none of them";
  trace.follow(node.outputs[0], input.axis, units.slice(start, end));
  trace.edits.set(node, (edited, kept, graph) => {
    const from = kept(units.slice(0, start));
    const to = from + kept(units.slice(start, end));
    const [startPlace, endPlace] = node.inputs[1]
      ? [{ input: 1 }, { input: 2 }]
      : [{ attribute: "starts" }, { attribute: "ends" }];
    const begun = withList(graph, edited, startPlace, starts.with(position, from));
    return withList(graph, begun, endPlace, ends.with(position, to));
  });
  return undefined;
};

/** Shape: fine as long as nobody asks for the number of channels. */
export const shape: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  if (rank === undefined) return "the rank of its input is not known";
  const clamp = (bound: number): number => Math.min(Math.max(normaliseAxis(bound, rank), 0), rank);
  const start = clamp(intAttribute(node, "start", 0));
  const end = clamp(intAttribute(node, "end", rank));
  if (input.axis < start || input.axis >= end) return undefined;
  const [output = ""] = node.outputs;
  const { graph } = trace;
  const harmless = graph.users(output).every((user) => {
    if (user.opType !== "Gather" || user.inputs[0] !== output || user.inputs[1] === output)
      return false;
    const indices = trace.integers(user, "", 1);
    return indices?.every((index) => start + normaliseAxis(index, end - start) !== input.axis);
  });
  return harmless && !graph.isOutput(output) && !graph.isCaptured(output)
    ? undefined
    : "their number may be asked for";
};
