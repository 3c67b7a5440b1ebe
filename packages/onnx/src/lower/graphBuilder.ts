import { DATATYPES, type Datatype, type TypedArray } from "@longshore/core";
import type { NodeAttribute, NodeBuilder } from "@longshore/core/pipeline";
import { float, node, tensor, type AttributeValue } from "../build.ts";
import type { GraphEditor } from "../graph/editor.ts";

/** The version of `ai.onnx.ml` that lowered steps write, where the model has none of its own. */
export const CLASSICAL_OPSET = 3;

/** Steps write their nodes as this version of the standard operators has them. */
export const LOWERED_OPSET = 17;

/** Reductions whose axes became an input with opset 18; ReduceSum's are one since 13. */
const REDUCTIONS: ReadonlySet<string> = new Set(
  ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"].map(
    (name) => `Reduce${name}`,
  ),
);

/**
 * Adds the nodes of lowered steps to a graph that is being edited, in the form that the graph's own
 * opset has.
 *
 * @param prefix of the names of all values that are added.
 */
export function graphBuilder(graph: GraphEditor, prefix: string): NodeBuilder {
  const builder: NodeBuilder = {
    node: (operator, inputs, attributes, domain) =>
      builder.nodes(operator, inputs, 1, attributes, domain)[0]!,
    nodes(operator, inputs, outputs, attributes = {}, domain = "") {
      if (domain !== "" && graph.opset(domain) === undefined)
        graph.importOpset(domain, CLASSICAL_OPSET);
      const names = Array.from({ length: outputs }, () => graph.freshName(`${prefix}/${operator}`));
      const { axes, ...others } = attributes;
      const moved =
        axes !== undefined && "ints" in axes && REDUCTIONS.has(operator) && graph.opset()! >= 18;
      const taken = moved
        ? [...inputs, builder.constant("INT64", [axes.ints.length], axes.ints)]
        : inputs;
      const values = Object.entries(moved ? others : attributes).map(
        ([name, value]) => [name, attributeValue(value)] as const,
      );
      graph.add({
        ...node(operator, taken, names, Object.fromEntries(values), domain),
        name: names[0]!,
      });
      return names;
    },
    constant: (datatype, shape, data) =>
      graph.addConstant(tensor(`${prefix}/constant`, datatype, shape, elements(datatype, data))),
  };
  return builder;
}

function attributeValue(attribute: NodeAttribute): AttributeValue {
  if ("int" in attribute) return attribute.int;
  if ("float" in attribute) return float(attribute.float);
  if ("ints" in attribute) return attribute.ints;
  if ("floats" in attribute) return Float32Array.from(attribute.floats);
  return "string" in attribute ? attribute.string : attribute.strings;
}

/** @throws TypeError for numbers where the elements are texts. */
function elements(
  datatype: Datatype,
  data: TypedArray | readonly number[] | readonly string[],
): ArrayBufferView | readonly string[] {
  const { array } = DATATYPES[datatype];
  if (array === undefined) {
    if (ArrayBuffer.isView(data)) throw new TypeError("BYTES are strings");
    return data.map(String);
  }
  if (data instanceof array) return data;
  const wide = datatype === "INT64" || datatype === "UINT64";
  return wide
    ? (array as typeof BigInt64Array).from(data as readonly number[], BigInt)
    : (array as typeof Float64Array).from(data as readonly number[]);
}
