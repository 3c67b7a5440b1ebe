import type { Dimension } from "@longshore/core";
import { node as makeNode, tensor } from "../../build.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";
import { addPair } from "./dequantize.ts";

/** Scale and zero point, by the names of their constants, of what goes in and of what comes out. */
export interface RowScales {
  readonly input: readonly string[];
  /** Absent where the result stays in float. */
  readonly output: readonly string[] | undefined;
}

/**
 * Adds nodes that begin with a Gemm, and make a result of more than two axes: all but the last are
 * joined in front of it, and parted again behind. Both happen to integers, which costs nothing.
 *
 * @param nodes a chain; the first reads what a DequantizeLinear makes.
 */
export function addOnRows(
  nodes: readonly Node[],
  shape: readonly Dimension[],
  graph: GraphEditor,
  { input, output }: RowScales,
): void {
  const source = nodes[0]!.inputs[0]!;
  const result = nodes.at(-1)!.outputs[0]!;
  const [flat, rows, product] = ["flat", "rows", "product"].map((part) =>
    graph.freshName(`${result}_${part}`),
  ) as [string, string, string];
  graph.add(makeNode("Flatten", [source], [flat], { axis: shape.length - 1 }));
  addPair(flat, rows, input, graph);
  for (const node of nodes)
    graph.add({
      ...node,
      inputs: node.inputs.map((name) => (name === source ? rows : name)),
      outputs: node.outputs.map((name) => (name === result ? product : name)),
    });
  const parted = output ? graph.freshName(`${product}_dequantized`) : product;
  if (output) addPair(product, parted, output, graph);
  graph.add(makeNode("Reshape", [parted, addTarget(source, shape, graph)], [result]));
}

/** The shape of the result as a value; computed only where the graph leaves two lengths open. */
function addTarget(source: string, shape: readonly Dimension[], graph: GraphEditor): string {
  const constant = (name: string, values: readonly number[]): string =>
    graph.addConstant(
      tensor(`${source}_${name}`, "INT64", [values.length], BigInt64Array.from(values, BigInt)),
    );
  const open = shape.filter((length) => typeof length !== "number").length;
  if (open <= 1)
    return constant(
      "shape",
      shape.map((length) => (typeof length === "number" ? length : -1)),
    );
  // Not of the floats, which nobody would make otherwise.
  const integers = graph.producer(source)!.inputs[0]!;
  const add = (opType: string, inputs: readonly string[], name: string): string => {
    const output = graph.freshName(`${source}_${name}`);
    graph.add(makeNode(opType, inputs, [output], opType === "Concat" ? { axis: 0 } : {}));
    return output;
  };
  const whole = add("Shape", [integers], "shape");
  const rowAxes = add("Slice", [whole, constant("first", [0]), constant("last", [-1])], "row_axes");
  return add("Concat", [rowAxes, constant("columns", [Number(shape.at(-1))])], "result_shape");
}
