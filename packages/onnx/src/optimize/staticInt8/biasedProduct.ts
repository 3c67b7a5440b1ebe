import type { Dimension } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";
import { nodeLabel } from "../pass.ts";
import { floatConstant } from "./constants.ts";

/** A MatMul and the Add of a bias behind it as one Gemm, under the MatMul's label. */
export interface BiasedProduct {
  readonly node: Node;
  readonly parts: readonly Node[];
  /** The shape of the result, where it has more axes than Gemm knows. */
  readonly shape?: readonly Dimension[];
}

/**
 * The Gemm that can do the work of a MatMul and an Add. In integers that is one kernel instead of
 * two, and one rounding to 8 bits. It also keeps ONNX Runtime from making a Gemm of the two itself,
 * which it does before it looks for integers, and which then runs in float.
 */
export function biasedProduct(matMul: Node, graph: GraphEditor): BiasedProduct | undefined {
  if (matMul.opType !== "MatMul" || domainOf(matMul) !== "") return undefined;
  const [left = "", right = ""] = matMul.inputs;
  const [product = ""] = matMul.outputs;
  const rowAxes = graph.shape(left)?.slice(0, -1);
  const columns = floatConstant(right, graph)?.dims;
  // In a target of Reshape, 0 means something else.
  if (!rowAxes?.length || rowAxes.includes(0) || columns?.length !== 2) return undefined;
  const add = graph.soleUser(product);
  if (add?.opType !== "Add" || domainOf(add) !== "") return undefined;
  const bias = add.inputs.find((name) => name !== product) ?? "";
  const dims = floatConstant(bias, graph)?.dims;
  // A bias of more axes than the product would give it more.
  if (dims === undefined || dims.length > rowAxes.length + 1) return undefined;
  if (dims.at(-1) !== columns[1] || dims.slice(0, -1).some((rows) => rows !== 1)) return undefined;
  const node = {
    ...matMul,
    opType: "Gemm",
    name: nodeLabel(matMul),
    inputs: [left, right, bias],
    outputs: add.outputs,
  };
  return {
    node,
    parts: [matMul, add],
    ...(rowAxes.length > 1 && { shape: [...rowAxes, columns[1]!] }),
  };
}
