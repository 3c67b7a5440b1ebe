import { elementCount } from "@longshore/core";
import { roundHalfEven } from "./round.ts";
import { toScale } from "./scale.ts";

/** Weights as whole numbers, symmetric around 0: `weight = value * scale` of its channel. */
export interface QuantizedWeights {
  /** In the layout of the weights. */
  readonly values: Int8Array;
  /** One a channel, or one for all. */
  readonly scales: Float32Array;
}

/** How fine the integers are. */
export interface WeightOptions {
  /**
   * 8: -127..127. 7: -64..64, for CPUs that add two products of u8 and s8 in 16 bits (x64 without
   * VNNI): 2 · 255 · 64 does not overflow there, 2 · 255 · 127 would.
   */
  readonly bits: 8 | 7;
  /** The smallest scale that each channel may have; see {@link scalesForBias}. */
  readonly minScales?: Float32Array;
}

const BOUNDS = { 8: 127, 7: 64 } as const;

/**
 * Weights with a scale for each index of one axis. Every weight is off by half its scale at most.
 *
 * @param axis counted from the front.
 * @throws RangeError for weights that do not fill the dims, or are not finite: {@link allFinite}.
 */
export function quantizePerChannel(
  weights: Float32Array,
  dims: readonly number[],
  axis: number,
  { bits, minScales }: WeightOptions,
): QuantizedWeights {
  const channels = dims[axis];
  if (channels === undefined || elementCount(dims) !== weights.length)
    throw new RangeError(`${weights.length} weights on axis ${axis} of [${dims.join()}]`);
  const inner = elementCount(dims.slice(axis + 1));
  const bound = BOUNDS[bits];
  const scales = largestPerChannel(weights, channels, inner).map((largest, channel) =>
    toScale(Math.max(largest / bound, minScales?.[channel] ?? 0)),
  );
  const values = new Int8Array(weights.length);
  for (let at = 0; at < weights.length;)
    for (let channel = 0; channel < channels; channel++) {
      const scale = scales[channel]!;
      // Never outside of the bound: the scale is off by its last bit at most.
      for (const end = at + inner; at < end; at++) values[at] = roundHalfEven(weights[at]! / scale);
    }
  return { values, scales };
}

/** Weights with one scale for all. @throws RangeError for weights that are not finite. */
export function quantizePerTensor(weights: Float32Array, options: WeightOptions): QuantizedWeights {
  return quantizePerChannel(weights, [1, weights.length], 0, options);
}

/** Whether no weight is infinite or not a number. */
export function allFinite(weights: Float32Array): boolean {
  // The difference is NaN for those, 0 for all others.
  for (let at = 0; at < weights.length; at++) if (weights[at]! - weights[at]! !== 0) return false;
  return true;
}

/** The largest magnitude in each channel. */
function largestPerChannel(weights: Float32Array, channels: number, inner: number): Float32Array {
  const largest = new Float32Array(channels);
  for (let at = 0; at < weights.length;)
    for (let channel = 0; channel < channels; channel++) {
      let most = largest[channel]!;
      // NaN stays NaN.
      for (const end = at + inner; at < end; at++) most = Math.max(most, Math.abs(weights[at]!));
      largest[channel] = most;
    }
  const odd = largest.findIndex((most) => !Number.isFinite(most));
  if (odd >= 0) throw new RangeError(`channel ${odd} has a weight that is not finite`);
  return largest;
}
