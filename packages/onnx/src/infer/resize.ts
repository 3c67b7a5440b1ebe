import { intsAttribute, stringAttribute } from "../graph/attributes.ts";
import { attributeOf, input, numbers, shapeOf, type Call, type Rules } from "./call.ts";
import { frontAxis, unknownShape, type Dim, type Shape } from "./dims.ts";
import type { Elements } from "./elements.ts";
import { tensorOf } from "./known.ts";

/** Images and grids made larger or smaller, and sampled. */
export const resize: Rules = {
  Resize: (call) => [tensorOf(input(call, 0).elemType, resized(call))],
  Upsample: (call) => {
    const attribute = attributeOf(call.node, "scales")?.floats;
    const scales = attribute ? Array.from(attribute) : call.inputs[1]?.elements;
    return [tensorOf(input(call, 0).elemType, scaled(shapeOf(call, 0), scales))];
  },
  GridSample: (call) => {
    const [data, grid] = [shapeOf(call, 0), shapeOf(call, 1)];
    const shape = grid && [data?.[0] ?? grid[0], data?.[1], ...grid.slice(1, -1)];
    return [tensorOf(input(call, 0).elemType, shape)];
  },
};

/** Source: ONNX "Resize": scales as the second input in opset 10, later the third, before sizes. */
function resized(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  if (call.opset < 11) return scaled(shape, call.inputs[1]?.elements);
  if (shape === undefined) return undefined;
  const axes = intsAttribute(call.node, "axes") ?? shape.map((_, axis) => axis);
  const sizes = call.inputs[3];
  const isGiven = sizes !== undefined && sizes.shape?.[0] !== 0;
  const parts = axes.map((axis) => shape[frontAxis(axis, shape.length) ?? -1]);
  const lengths = isGiven
    ? fitted(parts, sizes.elements, stringAttribute(call.node, "keep_aspect_ratio_policy", ""))
    : scaled(parts, call.inputs[2]?.elements);
  const result = [...shape];
  for (const [position, axis] of axes.entries()) {
    const at = frontAxis(axis, shape.length);
    if (at !== undefined) result[at] = lengths?.[position];
  }
  return result;
}

/** Lengths times scales, in single precision as runtimes calculate. */
function scaled(shape: Shape | undefined, scales: Elements | undefined): Shape | undefined {
  return shape?.map((length, axis): Dim => {
    const scale = scales?.[axis];
    if (scale === 1) return length;
    if (typeof length !== "number" || typeof scale !== "number") return undefined;
    return Math.floor(Math.fround(length * Math.fround(scale)));
  });
}

/** Lengths as asked for, or one scale for all axes that keeps within them or covers them. */
function fitted(from: Shape, sizes: Elements | undefined, policy: string): Shape | undefined {
  if (policy !== "not_larger" && policy !== "not_smaller") return sizes;
  const wanted = numbers({ elements: sizes });
  const lengths = numbers({ elements: from });
  if (wanted === undefined || lengths === undefined) return unknownShape(from.length);
  const scales = wanted.map((size, axis) => Math.fround(size / lengths[axis]!));
  const scale = policy === "not_larger" ? Math.min(...scales) : Math.max(...scales);
  return lengths.map((length) => Math.round(Math.fround(scale * length)));
}
