import { tensor } from "../build.ts";
import { withAttributes } from "../graph/attributes.ts";
import type { GraphEditor } from "../graph/editor.ts";
import { writeFloats } from "../graph/floats.ts";
import type { Attribute, Node, TensorProto } from "../proto/types.ts";
import type { Rewrite } from "./rewrite.ts";

/**
 * Makes attributes constant inputs, in the order given, behind the node's first input: lists as
 * vectors of INT64, whole numbers as one of length one, fractions as scalars of the type of the
 * first input. Empty lists mean the same as none.
 */
export function attributesToInputs(names: readonly string[]): Rewrite {
  return (node, graph) => {
    const [data = ""] = node.inputs;
    const inputs = [data];
    for (const name of names) {
      const attribute = node.attributes.find((candidate) => candidate.name === name);
      const constant = attribute && toTensor(attribute, graph.elementType(data));
      if (constant === "unknown") return `the type of its input "${data}" is not known`;
      inputs.push(constant === undefined ? "" : addNamed(graph, node, name, constant));
    }
    while (inputs.at(-1) === "") inputs.pop();
    const given = node.attributes.some(({ name }) => names.includes(name));
    if (!given) return undefined;
    return [
      { ...node, inputs, attributes: node.attributes.filter((a) => !names.includes(a.name)) },
    ];
  };
}

/** Its ratio was an attribute; when not told to train, it still passes its input through. */
export const dropoutToInputs: Rewrite = (node, graph) => {
  const ratio = node.attributes.find(({ name }) => name === "ratio")?.f;
  if (ratio === undefined) return undefined;
  const name = addNamed(graph, node, "ratio", tensor("", "FP32", [], new Float32Array([ratio])));
  return [
    { ...withAttributes(node, { ratio: undefined }), inputs: [...node.inputs.slice(0, 1), name] },
  ];
};

function toTensor(
  { f, i, ints }: Attribute,
  elementType: number | undefined,
): TensorProto | undefined | "unknown" {
  if (ints !== undefined)
    return ints.length === 0 ? undefined : tensor("", "INT64", [ints.length], ints);
  if (i !== undefined) return tensor("", "INT64", [1], new BigInt64Array([i]));
  if (f === undefined) return undefined;
  if (elementType === undefined || ![1, 10, 11, 16].includes(elementType)) return "unknown";
  return writeFloats({ name: "", dims: [], dataType: elementType }, new Float32Array([f]));
}

/** Adds a constant under a name that says whose it is. */
export function addNamed(
  graph: GraphEditor,
  node: Node,
  what: string,
  constant: TensorProto,
): string {
  return graph.addConstant({ ...constant, name: `${node.outputs[0] ?? node.opType}_${what}` });
}
