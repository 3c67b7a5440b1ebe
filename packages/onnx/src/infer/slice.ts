import { intsAttribute } from "../graph/attributes.ts";
import { input, listArgument, numbers, type Call } from "./call.ts";
import { frontAxis, lengths, unknownShape, type Dim, type Shape } from "./dims.ts";
import { positionOf, rearrange, type Elements } from "./elements.ts";
import { tensorOf, type Known } from "./known.ts";

/** Where a slice begins along an axis, and how far it goes each time. */
interface Steps {
  readonly start: number;
  readonly step: number;
}

/** Every entry from one place to another along some axes. Source: ONNX "Slice". */
export function sliced(call: Call): Known {
  const { elemType, shape, elements } = input(call, 0);
  const starts = listArgument(call, "starts", 1);
  const ends = listArgument(call, "ends", 2);
  const axes = listArgument(call, "axes", 3);
  const count = starts?.shape?.[0] ?? ends?.shape?.[0];
  const along = axes ? numbers(axes) : unknownShape(count)?.map((_, axis) => axis);
  if (shape === undefined || along === undefined)
    return tensorOf(elemType, unknownShape(shape?.length));
  const steps = call.inputs[4] && !intsAttribute(call.node, "starts") ? call.inputs[4] : undefined;
  const result = [...shape];
  const taken = new Map<number, Steps>();
  for (const [position, axis] of along.entries()) {
    const at = frontAxis(axis, shape.length);
    if (at === undefined) continue;
    const step = steps ? steps.elements?.[position] : 1;
    const range = { start: starts?.elements?.[position], end: ends?.elements?.[position], step };
    const { length, start } = rangeOf(shape[at], range);
    result[at] = length;
    taken.set(at, { start, step: typeof step === "number" ? step : Number.NaN });
  }
  return { elemType, shape: result, elements: sliceAlong(elements, shape, result, taken) };
}

/** The elements that are left of a tensor of one shape when it is sliced to another. */
export function sliceAlong(
  elements: Elements | undefined,
  from: Shape,
  to: Shape,
  steps: ReadonlyMap<number, Steps>,
): Elements | undefined {
  const dims = lengths(from);
  if (dims === undefined) return undefined;
  const source = (index: readonly number[]): number => {
    const origin = index.map((place, axis) => {
      const { start, step } = steps.get(axis) ?? { start: 0, step: 1 };
      return start + place * step;
    });
    return positionOf(origin, dims);
  };
  return rearrange(elements, to, source);
}

/** Exporters write the greatest integer of 32 or 64 bits for "to the end". */
const FAR = 2 ** 31 - 1;

/** How many entries a range has, and where it begins. */
function rangeOf(
  length: Dim,
  { start, end, step }: { readonly start: Dim; readonly end: Dim; readonly step: Dim },
): { length: Dim; start: number } {
  const unknown = { length: undefined, start: Number.NaN };
  if (typeof step !== "number" || step === 0) return unknown;
  if (typeof length !== "number") {
    const toEnd = end === length || (typeof end === "number" && end >= FAR);
    const whole = start === 0 && step === 1 && toEnd;
    const turned = start === -1 && step === -1 && typeof end === "number" && end <= -FAR;
    return whole || turned ? { length, start: 0 } : unknown;
  }
  if (typeof start !== "number" || typeof end !== "number") return unknown;
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (place: number): number =>
    Math.max(low, Math.min(high, place < 0 ? place + length : place));
  const first = step > 0 ? clamp(start) : Math.max(0, clamp(start));
  const count = Math.ceil((clamp(end) - first) / step);
  return { length: Math.max(0, count), start: first };
}
