import { intAttribute, intsAttribute } from "../graph/attributes.ts";
import { each, input, listArgument, numbers, shapeOf, type Call, type Rules } from "./call.ts";
import { quotient, unknownShape, type Shape } from "./dims.ts";
import { TYPE, tensorOf } from "./known.ts";
import { readWindow, transposedLengths, windowPlaces } from "./window.ts";

/** Convolutions and pools: `[batch, channels, spatial axes…]`. */
export const convolution: Rules = {
  ...each("Conv FusedConv", (call) => [tensorOf(input(call, 0).elemType, convolved(call, 0, 1))]),
  ConvInteger: (call) => [tensorOf(TYPE.INT32, convolved(call, 0, 1))],
  QLinearConv: (call) => [tensorOf(input(call, 7).elemType, convolved(call, 0, 3))],
  DeformConv: (call) => [tensorOf(input(call, 0).elemType, convolved(call, 0, 1))],
  ConvTranspose: (call) => [tensorOf(input(call, 0).elemType, transposed(call))],
  MaxPool: (call) => {
    const shape = pooled(call);
    return [tensorOf(input(call, 0).elemType, shape), tensorOf(TYPE.INT64, shape)];
  },
  ...each("AveragePool LpPool", (call) => [tensorOf(input(call, 0).elemType, pooled(call))]),
  ...each("GlobalAveragePool GlobalMaxPool GlobalLpPool", (call) => [
    tensorOf(input(call, 0).elemType, onePlace(shapeOf(call, 0))),
  ]),
  MaxUnpool: (call) => [tensorOf(input(call, 0).elemType, unpooled(call))],
  MaxRoiPool: (call) => {
    const pool = intsAttribute(call.node, "pooled_shape") ?? [undefined, undefined];
    return [tensorOf(input(call, 0).elemType, regions(call, pool))];
  },
  RoiAlign: ({ node, ...rest }) => {
    const call = { node, ...rest };
    const size = [intAttribute(node, "output_height", 1), intAttribute(node, "output_width", 1)];
    return [tensorOf(input(call, 0).elemType, regions(call, size))];
  },
  Col2Im: (call) => {
    const [batch, rows] = shapeOf(call, 0) ?? [];
    const image = input(call, 1).elements ?? unknownShape(shapeOf(call, 1)?.[0]);
    const block = input(call, 2).elements;
    const channels = block && quotient([rows], block);
    return [tensorOf(input(call, 0).elemType, image && [batch, channels, ...image])];
  },
};

/** @param x position of the data; @param w of the weights `[filters, channels / group, kernel…]`. */
function convolved(call: Call, x: number, w: number): Shape | undefined {
  const data = shapeOf(call, x);
  const weights = shapeOf(call, w);
  const spatial = data?.slice(2) ?? unknownShape(weights?.slice(2).length);
  if (spatial === undefined) return undefined;
  const window = readWindow(call.node, weights?.slice(2) ?? unknown(spatial));
  return [data?.[0], weights?.[0], ...windowPlaces(spatial, window)];
}

function transposed(call: Call): Shape | undefined {
  const { node } = call;
  const data = shapeOf(call, 0);
  const weights = shapeOf(call, 1);
  if (data === undefined || data.length < 2) return undefined;
  const group = intAttribute(node, "group", 1);
  const filters = weights?.[1];
  const channels = group === 1 ? filters : quotient([group, filters]);
  const window = readWindow(node, weights?.slice(2) ?? unknown(data.slice(2)));
  const given = intsAttribute(node, "output_shape");
  const extra = intsAttribute(node, "output_padding") ?? [];
  // Some exporters state the batch and the channels as well.
  const spatial = given?.slice(2 - data.length) ?? transposedLengths(data.slice(2), window, extra);
  return [data[0], channels, ...spatial];
}

function pooled(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  if (shape === undefined || shape.length < 2) return undefined;
  const window = readWindow(call.node, unknown(shape.slice(2)));
  return [shape[0], shape[1], ...windowPlaces(shape.slice(2), window)];
}

/** Dimensions of the same number, none of them known. */
function unknown(shape: Shape): Shape {
  return shape.map(() => undefined);
}

function onePlace(shape: Shape | undefined): Shape | undefined {
  return shape?.map((dim, axis) => (axis < 2 ? dim : 1));
}

function unpooled(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  const stated = listArgument(call, "output_shape", 2);
  if (stated) return numbers(stated) ?? unknownShape(shape?.length);
  if (shape === undefined || shape.length < 2) return undefined;
  const window = readWindow(call.node, unknown(shape.slice(2)));
  return [shape[0], shape[1], ...transposedLengths(shape.slice(2), window, [])];
}

/** `[regions, channels, …size]`: the regions are rows of the second input. */
function regions(call: Call, size: Shape): Shape | undefined {
  return [shapeOf(call, 1)?.[0], shapeOf(call, 0)?.[1], ...size];
}
