import { intAttribute } from "../graph/attributes.ts";
import { each, input, listArgument, numbers, shapeOf, type Call, type Rules } from "./call.ts";
import { frontAxis, quotient, unknownShape, type Dim, type Shape } from "./dims.ts";
import type { Elements } from "./elements.ts";
import { tensorOf, TYPE } from "./known.ts";

/** Operators that take one value of all those along some axes. */
export const reduce: Rules = {
  ...each(
    `ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
     ReduceSum ReduceSumSquare`,
    (call) => {
      const shape = reduced(call);
      const { elemType, elements, shape: from } = input(call, 0);
      const all = from?.length === 1 && shape?.every((dim) => dim === 1);
      const one = all && elements ? reduceElements(call.node.opType, elements) : undefined;
      return [{ elemType, shape, elements: one === undefined ? undefined : [one] }];
    },
  ),
  ...each("ArgMax ArgMin", (call) => {
    const shape = shapeOf(call, 0);
    const axis = shape && frontAxis(intAttribute(call.node, "axis", 0), shape.length);
    const gone = axis === undefined ? undefined : new Set([axis]);
    return [tensorOf(TYPE.INT64, gone && without(call, shape!, gone))];
  }),
};

/** Axes are an attribute, from opset 13 (sums) or 18 an input; none at all means every axis. */
function reduced(call: Call): Shape | undefined {
  const shape = shapeOf(call, 0);
  const list = listArgument(call, "axes", 1);
  const keep = intAttribute(call.node, "keepdims", 1) === 1;
  const none = list === undefined || list.shape?.[0] === 0;
  if (none && intAttribute(call.node, "noop_with_empty_axes", 0) === 1) return shape;
  if (none && !keep) return [];
  if (shape === undefined) return undefined;
  if (none) return without(call, shape, new Set(shape.keys()));
  const axes = numbers(list);
  if (axes) return without(call, shape, new Set(axes.map((axis) => frontAxis(axis, shape.length))));
  if (keep) return unknownShape(shape.length);
  const count = list.shape?.[0];
  // An empty list may mean every axis or none.
  return typeof count === "number" ? unknownShape(shape.length - count) : undefined;
}

function without(call: Call, shape: Shape, axes: ReadonlySet<number | undefined>): Shape {
  return intAttribute(call.node, "keepdims", 1) === 1
    ? shape.map((dim, axis) => (axes.has(axis) ? 1 : dim))
    : shape.filter((_, axis) => !axes.has(axis));
}

/** The product of a shape, above all. */
function reduceElements(opType: string, elements: Elements): Dim {
  if (elements.length === 0) return undefined;
  if (opType === "ReduceProd") return quotient(elements);
  if (!elements.every((element) => typeof element === "number")) return undefined;
  if (opType === "ReduceMax") return Math.max(...elements);
  if (opType === "ReduceMin") return Math.min(...elements);
  return undefined;
}
