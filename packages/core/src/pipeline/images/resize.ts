import { KERNELS, type Filter } from "./filters.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** 8-bit pixels, interleaved row by row: `[height, width, channels]`. */
export interface Pixels extends Size {
  readonly channels: number;
  readonly data: Uint8Array;
}

/**
 * Resizes as Pillow 13's `Image.resize` does, bit by bit: a convolution along one axis, rounded to
 * 8 bits, then one along the other. Where the image becomes smaller the filter widens with it
 * (antialiasing), as torchvision's does with `antialias=True`.
 *
 * The reference of every platform's own resizer, and the resizer of platforms that have none.
 */
export function resizeImage(image: Pixels, to: Size, filter: Filter): Pixels {
  if (filter === "nearest") return pickNearest(image, to);
  const rows = (pixels: Pixels): Pixels =>
    to.width === pixels.width ? pixels : resizeRows(pixels, to.width, filter);
  const columns = (pixels: Pixels): Pixels =>
    to.height === pixels.height ? pixels : resizeColumns(pixels, to.height, filter);
  return columnsFirst(image, to) ? rows(columns(image)) : columns(rows(image));
}

/**
 * Since version 13, Pillow starts with the columns where these lose most; it shows in the rounding.
 * Earlier versions always start with the rows, and then differ by a level or two.
 */
function columnsFirst(from: Size, to: Size): boolean {
  return to.height < from.height && from.height - to.height > 2 * (from.width - to.width);
}

/** PIL keeps coefficients as integers of this many fraction bits, so that 8-bit sums fit in 32. */
const FRACTION_BITS = 32 - 8 - 2;
const HALF = 1 << (FRACTION_BITS - 1);

/** Along one axis: the pixels that each resized pixel comes from, and their weights. */
interface Weights {
  /** First pixel, one a resized pixel. */
  readonly first: Int32Array;
  /** How many pixels. */
  readonly count: Int32Array;
  /** Fixed-point weights, `stride` places a resized pixel. */
  readonly weights: Int32Array;
  readonly stride: number;
}

function computeWeights(from: number, to: number, filter: Exclude<Filter, "nearest">): Weights {
  const kernel = KERNELS[filter];
  const scale = from / to;
  const widening = Math.max(1, scale);
  const support = kernel.support * widening;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const exact = new Float64Array(stride);
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const length = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let index = 0; index < length; index++)
      sum += exact[index] = kernel.weight((index + start - centre + 0.5) * (1 / widening));
    for (let index = 0; index < length; index++) {
      const weight = (sum === 0 ? exact[index]! : exact[index]! / sum) * (1 << FRACTION_BITS);
      weights[place * stride + index] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    first[place] = start;
    count[place] = length;
  }
  return { first, count, weights, stride };
}

function resizeRows(image: Pixels, width: number, filter: Exclude<Filter, "nearest">): Pixels {
  const { height, channels, data } = image;
  const { first, count, weights, stride } = computeWeights(image.width, width, filter);
  const resized = new Uint8Array(height * width * channels);
  for (let row = 0, out = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = (row * image.width + first[column]!) * channels;
      const from = column * stride;
      const to = from + count[column]!;
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF;
        for (let index = from, pixel = at + channel; index < to; index++, pixel += channels)
          sum += data[pixel]! * weights[index]!;
        resized[out++] = toByte(sum);
      }
    }
  }
  return { width, height, channels, data: resized };
}

function resizeColumns(image: Pixels, height: number, filter: Exclude<Filter, "nearest">): Pixels {
  const { width, channels, data } = image;
  const { first, count, weights, stride } = computeWeights(image.height, height, filter);
  const line = width * channels;
  const resized = new Uint8Array(height * line);
  // A line of sums at a time, so that pixels are read in the order in which they lie.
  const sums = new Int32Array(line);
  for (let row = 0; row < height; row++) {
    sums.fill(HALF);
    for (let index = 0; index < count[row]!; index++) {
      const weight = weights[row * stride + index]!;
      const at = (first[row]! + index) * line;
      for (let place = 0; place < line; place++) sums[place]! += data[at + place]! * weight;
    }
    for (let place = 0; place < line; place++) resized[row * line + place] = toByte(sums[place]!);
  }
  return { width, height, channels, data: resized };
}

function toByte(sum: number): number {
  const value = sum >> FRACTION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function pickNearest(image: Pixels, to: Size): Pixels {
  const { channels, data } = image;
  const { width, height } = to;
  const columns = nearestPlaces(image.width, width);
  const rows = nearestPlaces(image.height, height);
  const resized = new Uint8Array(height * width * channels);
  let out = 0;
  for (const row of rows) {
    for (const column of columns) {
      const at = (row * image.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) resized[out++] = data[at + channel]!;
    }
  }
  return { width, height, channels, data: resized };
}

/** Steps are added up as PIL adds them: a product would round otherwise, now and then. */
function nearestPlaces(from: number, to: number): Int32Array {
  const places = new Int32Array(to);
  const step = from / to;
  let at = step * 0.5;
  for (let place = 0; place < to; place++, at += step)
    places[place] = Math.min(from - 1, Math.trunc(at));
  return places;
}
