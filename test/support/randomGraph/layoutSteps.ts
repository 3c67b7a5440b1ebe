/** Random operators that lay out, select and reduce, and that hold graphs, for {@link randomGraph}. */
import { graph, node, tensor, type Node } from "@longshore/onnx";
import type { RandomGraph, Step } from "./randomGraph.ts";
import { since } from "./steps.ts";

/** The axes as an input from a version on, before as an attribute. */
function withAxes(
  g: RandomGraph,
  version: number,
  op: string,
  x: string,
  axes: number[],
  more = {},
) {
  return since(g, version)
    ? g.op(op, [x, g.integers(axes)], more)
    : g.op(op, [x], { axes, ...more });
}

function someAxes(g: RandomGraph, rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => g.random() < 0.5);
  return since(g, 11) ? axes.map((axis) => (g.random() < 0.3 ? axis - rank : axis)) : axes;
}

export const layoutSteps: readonly Step[] = [
  (g, x, shape) => {
    const perm = [...shape.keys()].toSorted(() => g.random() - 0.5);
    g.op("Transpose", [x], g.random() < 0.3 ? {} : { perm });
  },
  (g, x, shape) => void g.op("Flatten", [x], { axis: g.int(0, shape.length) }),
  (g, x, shape) => {
    // Lengths as they are, some copied, one left open, neighbours joined.
    const at = g.int(0, Math.max(0, shape.length - 2));
    const joined = shape.toSpliced(
      at,
      2,
      shape.slice(at, at + 2).reduce((a, b) => a * b, 1),
    );
    const open = g.int(0, joined.length);
    const target = joined.map((dim, axis) => {
      if (axis === open) return -1;
      return axis < at && g.random() < 0.5 ? 0 : dim;
    });
    g.op("Reshape", [x, g.integers(target)]);
  },
  (g, x, shape) => {
    const axes = [g.int(0, shape.length)];
    withAxes(g, 13, "Unsqueeze", x, axes);
    const ones = shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
    if (ones.length > 0) withAxes(g, 13, "Squeeze", x, ones.slice(0, g.int(1, 2)));
    else g.op("Squeeze", [x]);
  },
  (g, x, shape) => {
    if (shape.length === 0) return;
    const axis = g.int(0, shape.length - 1);
    g.op("Concat", [x, g.floats(shape.with(axis, g.int(1, 2))), x], { axis });
  },
  (g, x, shape) => {
    const axis = shape.findIndex((dim) => dim > 1);
    if (axis < 0) return;
    const first = g.int(1, shape[axis]! - 1);
    const parts = [first, shape[axis]! - first];
    if (since(g, 13)) g.op("Split", [x, g.integers(parts)], { axis }, 2);
    else g.op("Split", [x], { axis, split: parts }, 2);
    if (since(g, 18)) g.op("Split", [x], { axis, num_outputs: 2 }, 2);
    else if (shape[axis]! % 2 === 0) g.op("Split", [x], { axis }, 2);
  },
  (g, x, shape) => {
    if (shape.length === 0) return;
    const axis = g.int(0, shape.length - 1);
    const [start, end] = [g.int(-4, 4), g.pick([-1, 2, 3, 5, 2 ** 31 - 1])];
    if (g.opset < 10) g.op("Slice", [x], { starts: [start], ends: [end], axes: [axis] });
    else {
      const step = g.pick([1, 1, 2, -1, -2]);
      const [from, to] =
        step > 0 ? [start, end] : [g.pick([-1, 3, 100]), g.pick([-100, 0, -(2 ** 31)])];
      const lists = [[from], [to], [axis - shape.length], [step]].map((list) => g.integers(list));
      g.op("Slice", [x, ...lists]);
    }
  },
  (g, x, shape) => {
    if (shape.length === 0) return;
    const axis = g.int(0, shape.length - 1);
    const dims = g.pick([[], [1], [2], [2, 2]]);
    const picks = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () =>
      g.int(0, shape[axis]! - 1),
    );
    g.op("Gather", [x, g.integers(picks, dims)], { axis });
  },
  (g, x, shape) => {
    if (shape.length === 0) return;
    const pads = [...shape, ...shape].map(() => g.int(0, 2));
    if (since(g, 11)) g.op("Pad", [x, g.integers(pads)]);
    else g.op("Pad", [x], { pads });
    if (since(g, 18) && shape.length > 1)
      g.op("Pad", [x, g.integers([1, 2]), "", g.integers([-1])]);
  },
  (g, x, shape) => {
    const wanted = shape.map((dim) => (dim === 1 ? g.int(1, 3) : g.pick([1, dim])));
    if (since(g, 8)) g.op("Expand", [x, g.integers(g.random() < 0.5 ? [2, ...wanted] : wanted)]);
    g.op("Tile", [x, g.integers(shape.map(() => g.int(1, 2)))]);
  },
  (g, x, shape) => {
    const axes = someAxes(g, shape.length);
    const keepdims = g.int(0, 1);
    if (axes.length > 0) withAxes(g, 13, "ReduceSum", x, axes, { keepdims });
    else g.op("ReduceSum", [x], { keepdims });
    if (axes.length > 0)
      withAxes(g, 18, g.pick(["ReduceMean", "ReduceMax", "ReduceL2"]), x, axes, { keepdims });
  },
  (g, x, shape) => {
    if (shape.length === 0) return;
    const axis = g.int(0, shape.length - 1);
    g.op(g.pick(["ArgMax", "ArgMin"]), [x], { axis, keepdims: g.int(0, 1) });
    const k = g.int(1, shape[axis]!);
    if (since(g, 10)) g.op("TopK", [x, g.integers([k])], { axis }, 2);
    else g.op("TopK", [x], { axis, k }, 2);
  },
  (g, x, shape) => {
    if (shape.length !== 4) return;
    if (shape[1]! % 4 === 0) g.op("DepthToSpace", [x], { blocksize: 2 });
    if (shape[2]! % 2 === 0 && shape[3]! % 2 === 0) g.op("SpaceToDepth", [x], { blocksize: 2 });
  },
  // x.view(x.size(0), -1), as PyTorch exports it.
  (g, x, shape) => {
    if (shape.length < 1) return;
    const [dims] = g.op("Shape", [x]);
    const [batch] = g.op("Gather", [dims!, g.integers([0], [])], { axis: 0 });
    const [list] = withAxes(g, 13, "Unsqueeze", batch!, [0]);
    const [target] = g.op("Concat", [list!, g.integers([-1])], { axis: 0 });
    g.op("Reshape", [x, target!]);
  },
  // A tensor of the last length, from a product of two lengths.
  (g, x, shape) => {
    if (shape.length < 2 || !since(g, 10)) return;
    const [dims] = g.op("Shape", [x]);
    const [tail] = g.op("Slice", [
      dims!,
      g.integers([-2]),
      g.integers([2 ** 31 - 1]),
      g.integers([0]),
    ]);
    const [count] = g.op("ReduceProd", [tail!], { keepdims: 1 });
    const [filled] = g.op("ConstantOfShape", [count!]);
    g.op("Add", [filled!, g.floats([1])]);
    const [twice] = g.op("Mul", [tail!, g.integers([2])]);
    const [range] = g.op("ConstantOfShape", [twice!]);
    g.op("Size", [range!]);
    if (since(g, 11)) {
      const [limit] = g.op("Gather", [dims!, g.integers([-1], [])], { axis: 0 });
      g.op("Range", [g.integers([0], []), limit!, g.integers([1], [])]);
    }
  },
  (g, x, shape) => {
    // A branch that captures a value, and one that gives another length.
    const output = (name: string) => ({ name, type: { tensorType: { elemType: 1 } } });
    const branch = (added: Node, name: string) =>
      graph({ inputs: [], outputs: [output(name)], nodes: [added] });
    const taken = g.int(0, 1);
    const condition = g.op("Constant", [], { value: tensor("", "BOOL", [], Uint8Array.of(taken)) });
    const id = condition[0]!;
    g.op("If", condition, {
      then_branch: branch(node("Relu", [x], [`${id}_a`]), `${id}_a`),
      else_branch: branch(
        // Before opset 11 both branches had to give one shape.
        since(g, 11) && shape.length > 0
          ? node("Concat", [x, x], [`${id}_b`], { axis: 0 })
          : node("Neg", [x], [`${id}_b`]),
        `${id}_b`,
      ),
    });
  },
  (g, x, shape) => {
    if (!since(g, 11)) return;
    // Three times: the state doubles its first length or keeps it; the slices are stacked.
    const grows = shape.length > 0 && shape[0]! < 3 && g.random() < 0.5;
    const [trips] = g.op("Identity", [g.integers([2], [])]);
    const id = trips!;
    const names = [`${id}_i`, `${id}_g`, `${id}_s`];
    const typed = (name: string, elemType: number) => ({
      name,
      type: { tensorType: { elemType } },
    });
    const scalar = (name: string, elemType: number) => ({
      name,
      type: { tensorType: { elemType, shape: { dims: [] } } },
    });
    g.op(
      "Loop",
      [trips!, "", x],
      {
        body: graph({
          inputs: [scalar(names[0]!, 7), scalar(names[1]!, 9), typed(names[2]!, 1)],
          outputs: [typed(`${id}_h`, 9), typed(`${id}_t`, 1), typed(`${id}_u`, 1)],
          nodes: [
            node("Identity", [names[1]!], [`${id}_h`]),
            grows
              ? node("Concat", [names[2]!, names[2]!], [`${id}_t`], { axis: 0 })
              : node("Neg", [names[2]!], [`${id}_t`]),
            node("Abs", [x], [`${id}_u`]),
          ],
        }),
      },
      2,
    );
  },
];
