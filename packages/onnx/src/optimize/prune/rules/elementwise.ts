import type { Rule } from "./rule.ts";

/** One input, and outputs of its shape: activations, Cast, Dropout. Further inputs are scalars. */
export const sameShape: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input) for (const output of node.outputs) trace.follow(output, input.axis, input.units);
  return undefined;
};

/**
 * Inputs that are broadcast to one shape: Add, Mul, Where, PRelu. Channels that meet at one position
 * belong together from then on.
 *
 * Source: "Broadcasting in ONNX": shapes are aligned at their last axes.
 */
export const broadcast: Rule = (node, trace) => {
  const indices = node.inputs.flatMap((name, index) => (name ? [index] : []));
  const followed = indices.flatMap((index) => trace.input(node, index) ?? []);
  if (followed.length === 0) return undefined;
  const ranks = node.inputs.map((_, index) => trace.shape(node, index)?.length);
  const rank = Math.max(...indices.map((index) => ranks[index] ?? Number.NaN));
  if (Number.isNaN(rank)) return "it meets a value of unknown rank";
  const aligned = indices.flatMap((index) => {
    const input = trace.input(node, index);
    return input ? [{ axis: input.axis + rank - ranks[index]!, units: input.units }] : [];
  });
  const { axis, units } = aligned[0]!;
  if (aligned.some((other) => other.axis !== axis || other.units.length !== units.length))
    return "it meets channels of another axis or number";
  for (const index of indices) {
    if (trace.input(node, index)) continue;
    const length = trace.shape(node, index)![axis - (rank - ranks[index]!)];
    const constant = trace.constant(node, index) !== undefined && length === units.length;
    if (length !== undefined && length !== 1 && !constant)
      return `it meets "${node.inputs[index]}", whose channels cannot be followed`;
  }
  for (const index of indices)
    if (trace.constant(node, index)) trace.sliceBroadcast(node, index, rank, { axis, units });
  for (const other of aligned) trace.units.join(units, other.units);
  trace.follow(node.outputs[0], axis, units);
  return undefined;
};
