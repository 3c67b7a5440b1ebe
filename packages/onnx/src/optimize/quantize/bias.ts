import { roundClamped } from "./round.ts";
import { BIAS_LIMIT } from "./sums.ts";

const INT32 = { low: -(2 ** 31), high: 2 ** 31 - 1 } as const;

/**
 * A bias in the unit in which an integer matrix product or convolution adds up: the input's scale
 * times the weights' scale of each channel. Saturates; {@link scalesForBias} prevents that.
 */
export function quantizeBias(
  bias: Float32Array,
  inputScale: number,
  weightScales: Float32Array,
): Int32Array {
  return Int32Array.from(bias, (value, channel) =>
    roundClamped(value / (inputScale * scaleOf(weightScales, channel)), INT32.low, INT32.high),
  );
}

/**
 * The smallest scale of each channel's weights with which the channel's bias stays within
 * {@link BIAS_LIMIT}, which leaves room for the products that are added to it. Channels that training
 * has shrunk to nothing need it: their weights are tiny and their bias is not.
 */
export function scalesForBias(bias: Float32Array, inputScale: number): Float32Array {
  return bias.map((value) => Math.abs(value) / BIAS_LIMIT / inputScale);
}

function scaleOf(scales: Float32Array, channel: number): number {
  return (scales.length === 1 ? scales[0] : scales[channel])!;
}
