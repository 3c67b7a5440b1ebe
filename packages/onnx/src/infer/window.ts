import { intAttribute, intsAttribute, stringAttribute } from "../graph/attributes.ts";
import type { Node } from "../proto/types.ts";
import type { Dim, Shape } from "./dims.ts";

/** How a window (a convolution's kernel, a pool) moves over the spatial axes. */
export interface Window {
  /** Length of the window along each spatial axis. */
  readonly kernel: Shape;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Places added at the beginning of each axis, then at the end of each. */
  readonly pads: readonly number[];
  readonly autoPad: string;
  /** Whether windows count that stand out at the end. */
  readonly ceil: boolean;
}

/** Reads the attributes that convolutions and pools share. */
export function readWindow(node: Node, kernel: Shape): Window {
  const ones = kernel.map(() => 1);
  return {
    kernel: intsAttribute(node, "kernel_shape") ?? kernel,
    strides: intsAttribute(node, "strides") ?? ones,
    dilations: intsAttribute(node, "dilations") ?? ones,
    pads: intsAttribute(node, "pads") ?? [...ones, ...ones].fill(0),
    autoPad: stringAttribute(node, "auto_pad", "NOTSET"),
    ceil: intAttribute(node, "ceil_mode", 0) === 1,
  };
}

/** In how many places the window stands along each spatial axis. Source: ONNX "Conv", "MaxPool". */
export function windowPlaces(lengths: Shape, window: Window): Shape {
  return lengths.map((length, axis) => placesAlong(length, axis, window));
}

function placesAlong(length: Dim, axis: number, window: Window): Dim {
  const { kernel, strides, dilations, pads, autoPad, ceil } = window;
  const stride = strides[axis] ?? 1;
  if (autoPad.startsWith("SAME")) {
    if (stride === 1) return length;
    return typeof length === "number" ? Math.ceil(length / stride) : undefined;
  }
  const size = kernel[axis];
  if (typeof size !== "number") return undefined;
  const span = (size - 1) * (dilations[axis] ?? 1) + 1;
  const begin = autoPad === "VALID" ? 0 : (pads[axis] ?? 0);
  const end = autoPad === "VALID" ? 0 : (pads[axis + pads.length / 2] ?? 0);
  if (stride === 1 && begin + end === span - 1) return length;
  if (typeof length !== "number") return undefined;
  const last = (length + begin + end - span) / stride;
  if (last < 0) return undefined;
  if (!ceil) return Math.floor(last) + 1;
  const places = Math.ceil(last) + 1;
  // A window must begin inside the data or the padding before them. Only opset 22 says so, but
  // runtimes did it before.
  return (places - 1) * stride >= length + begin ? places - 1 : places;
}

/**
 * Lengths that a transposed convolution gives. Source: ONNX "ConvTranspose".
 *
 * @param extra `output_padding`.
 */
export function transposedLengths(lengths: Shape, window: Window, extra: readonly number[]): Shape {
  const { kernel, strides, dilations, pads, autoPad } = window;
  return lengths.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    if (autoPad.startsWith("SAME")) {
      if (stride === 1) return length;
      return typeof length === "number" ? length * stride : undefined;
    }
    const size = kernel[axis];
    if (typeof size !== "number") return undefined;
    const span = (size - 1) * (dilations[axis] ?? 1) + 1;
    const padding =
      autoPad === "VALID" ? 0 : (pads[axis] ?? 0) + (pads[axis + pads.length / 2] ?? 0);
    const added = span - stride + (extra[axis] ?? 0) - padding;
    if (stride === 1 && added === 0) return length;
    return typeof length === "number" ? stride * length + added : undefined;
  });
}
