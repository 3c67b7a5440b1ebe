import { elementCount, toTypedArray, type Tensor } from "@longshore/core";
import type { LinearLayer } from "./layer.ts";
import { createPatches } from "./patches.ts";

/** Places of one item's output that become rows: few tell nearly as much as all of them. */
const PLACES = 64;

/** A place in a layer's output. */
export interface Place {
  readonly item: number;
  /** Position along the axes that are neither the batch nor the channels. */
  readonly at: number;
}

/** A tensor seen as items, each with channels at each of its places. */
export interface Channels {
  readonly values: Float32Array;
  readonly items: number;
  readonly channels: number;
  readonly places: number;
  /** Whether an item lists whole channels ([N, C, H, W]), else whole places ([N, H, W, C]). */
  readonly first: boolean;
}

/** @param axis of the channels: 1, or -1 for the last. */
export function toChannels({ datatype, shape, data }: Tensor, axis: number): Channels {
  const channels = shape.at(axis)!;
  const items = shape.length === 1 ? 1 : shape[0]!;
  return {
    values: toTypedArray(datatype, data) as Float32Array,
    items,
    channels,
    places: elementCount(axis === 1 ? shape.slice(2) : shape.slice(1, -1)),
    first: axis === 1,
  };
}

/** The element of a channel at a place. */
export function valueAt(
  { values, channels, places, first }: Channels,
  { item, at }: Place,
  channel: number,
): number {
  return values[
    first ? (item * channels + channel) * places + at : (item * places + at) * channels + channel
  ]!;
}

/**
 * Places that stand for all: every one where they are few, else spread by the golden ratio, which
 * no width of a picture is a multiple of.
 *
 * @param from how many items went before, so that each is looked at in other places.
 */
export function* pickPlaces({ items, places }: Channels, from: number): Generator<Place> {
  const count = Math.min(places, PLACES);
  for (let item = 0; item < items; item++)
    for (let index = 0; index < count; index++) {
      const turn = ((from + item) * count + index) * GOLDEN;
      yield { item, at: count === places ? index : Math.floor((turn % 1) * places) };
    }
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Writes what a layer sees of its input at a place of its output: a patch, in the order of its weights. */
export type ReadFeatures = (to: Float64Array, place: Place) => void;

/** @param input what the layer reads; @param output what it makes. */
export function featuresOf(layer: LinearLayer, input: Tensor, output: Tensor): ReadFeatures {
  const { convolution } = layer;
  const seen = toChannels(input, convolution ? 1 : -1);
  if (convolution === undefined)
    return (to, place) => {
      for (let channel = 0; channel < seen.channels; channel++)
        to[channel] = valueAt(seen, place, channel);
    };
  const { window, kernel } = convolution;
  const patchAt = createPatches(window, kernel, input.shape.slice(2), output.shape.slice(2));
  return (to, { item, at }) => {
    const patch = patchAt(at);
    for (let channel = 0, feature = 0; channel < seen.channels; channel++)
      for (const source of patch)
        to[feature++] = source < 0 ? 0 : valueAt(seen, { item, at: source }, channel);
  };
}
