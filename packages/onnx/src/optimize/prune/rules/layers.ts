import { intAttribute, withAttributes } from "../../../graph/attributes.ts";
import { isFloatTensor } from "../../../graph/floats.ts";
import type { Node, TensorProto } from "../../../proto/types.ts";
import { nodeLabel } from "../../pass.ts";
import type { Trace } from "../trace.ts";
import type { Rule } from "./rule.ts";

const NO_WEIGHTS = "its weights are not constant floating-point numbers, or not loaded";
const ODD_SHAPES = "its shapes do not fit together";

function weightsOf(node: Node, trace: Trace): TensorProto | undefined {
  const weights = trace.constant(node, 1);
  return weights && isFloatTensor(weights) ? weights : undefined;
}

/** Conv: weights [outputs, inputs / group, kernel…]. */
export const conv: Rule = (node, trace) => convolution(node, trace, { inputs: 1, outputs: 0 });

/** ConvTranspose: weights [inputs, outputs / group, kernel…]. */
export const convTranspose: Rule = (node, trace) =>
  convolution(node, trace, { inputs: 0, outputs: 1 });

/** @param axes of the weights. */
function convolution(
  node: Node,
  trace: Trace,
  axes: { readonly inputs: number; readonly outputs: number },
): string | undefined {
  const weights = weightsOf(node, trace);
  if (weights === undefined) return NO_WEIGHTS;
  if (weights.dims.length < 3) return ODD_SHAPES;
  if (node.inputs[2] && trace.constant(node, 2)?.dims.length !== 1)
    return "its bias is not constant, or not loaded";
  const group = intAttribute(node, "group", 1);
  // The grouped axis is the one that does not list all channels: inputs of Conv, outputs of
  // ConvTranspose.
  const lengths = [weights.dims[0]!, weights.dims[1]! * group] as const;
  const [inputCount, outputCount] = [lengths[axes.inputs], lengths[axes.outputs]];
  const input = trace.input(node);
  if (input && (input.axis !== 1 || input.units.length !== inputCount)) return ODD_SHAPES;
  if (group < 1 || inputCount! % group !== 0 || outputCount! % group !== 0) return ODD_SHAPES;

  const outputs = trace.produce(node, 1, outputCount!);
  if (node.inputs[2]) trace.slice(node, 2, 0, outputs, "vector");
  if (group === 1) {
    trace.slice(node, 1, axes.outputs, outputs, "filters");
    if (input) trace.slice(node, 1, axes.inputs, input.units, "readers");
  } else if (input) {
    joinGroups(trace, group, [input.units, outputs]);
    trace.slice(node, 1, 0, [input.units, outputs][axes.inputs === 0 ? 0 : 1]!, "filters");
    trace.edits.set(node, (edited, kept) =>
      withAttributes(edited, { group: (group * kept(outputs)) / outputs.length }),
    );
  } else {
    const label = `${node.opType} "${nodeLabel(node)}"`;
    trace.units.freeze(outputs, `the groups of ${label} read channels that are not followed`);
  }
  return undefined;
}

/**
 * A group goes as a whole: what it reads with what it makes. In a depthwise convolution that is one
 * channel with its filters.
 */
function joinGroups(trace: Trace, group: number, sides: readonly (readonly number[])[]): void {
  for (let index = 0; index < group; index++)
    trace.units.joinAll(
      sides.flatMap((units) => {
        const size = units.length / group;
        return units.slice(index * size, (index + 1) * size);
      }),
    );
}

/** Gemm: `alpha · A [N, inputs] · B + beta · C`, with B constant and C broadcast to [N, outputs]. */
export const gemm: Rule = (node, trace) => {
  const weights = weightsOf(node, trace);
  if (weights === undefined) return NO_WEIGHTS;
  if (node.inputs[2] && trace.constant(node, 2) === undefined)
    return "what it adds is not constant, or not loaded";
  if (intAttribute(node, "transA", 0) !== 0) return "its input is transposed";
  const transposed = intAttribute(node, "transB", 0) !== 0;
  const [inputAxis, outputAxis] = transposed ? [1, 0] : [0, 1];
  return product(node, trace, { inputAxis, outputAxis, rank: 2 });
};

/** MatMul: [..., inputs] times constant weights [inputs, outputs], which may have further axes. */
export const matMul: Rule = (node, trace) => {
  const weights = weightsOf(node, trace);
  if (weights === undefined) return NO_WEIGHTS;
  const rank = trace.shape(node)?.length;
  const weightRank = weights.dims.length;
  if (rank === undefined || rank < 2 || weightRank < 2) return ODD_SHAPES;
  const input = trace.input(node);
  if (input && input.axis !== rank - 1) {
    // The channels number the vectors that are multiplied, each by itself.
    if (weightRank > 2) return "it multiplies them by several matrices";
    trace.follow(node.outputs[0], input.axis, input.units);
    return undefined;
  }
  return product(node, trace, {
    inputAxis: weightRank - 2,
    outputAxis: weightRank - 1,
    rank: Math.max(rank, weightRank),
  });
};

/** @param rank of the output; channels are on the last axis of input and output. */
function product(
  node: Node,
  trace: Trace,
  axes: { readonly inputAxis: number; readonly outputAxis: number; readonly rank: number },
): string | undefined {
  const { dims } = trace.constant(node, 1)!;
  const input = trace.input(node);
  if (input && input.units.length !== dims[axes.inputAxis]) return ODD_SHAPES;
  const shape = trace.shape(node);
  if (input && input.axis !== (shape?.length ?? axes.rank) - 1) return ODD_SHAPES;
  const outputs = trace.produce(node, axes.rank - 1, dims[axes.outputAxis]!);
  trace.slice(node, 1, axes.outputAxis, outputs, "filters");
  if (input) trace.slice(node, 1, axes.inputAxis, input.units, "readers");
  if (node.inputs[2])
    trace.sliceBroadcast(node, 2, axes.rank, { axis: axes.rank - 1, units: outputs });
  return undefined;
}
