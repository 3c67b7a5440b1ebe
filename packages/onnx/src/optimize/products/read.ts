import { elementCount, type TypedArray } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import { floatAttribute, intAttribute } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import type { Node, TensorProto } from "../../proto/types.ts";
import { allFinite } from "../quantize/weights.ts";

/**
 * A matrix product whose right factor is constant, whether it is written as MatMul or as Gemm:
 * `alpha · left · weights + beta · addend`.
 */
export interface Product {
  readonly node: Node;
  /** The left factor, [..., rows of the weights]. */
  readonly left: string;
  /** The left factor is stored [rows of the weights, M]. */
  readonly leftTransposed: boolean;
  /** Name of the weights. */
  readonly weights: string;
  /** The graph that holds them: the node's own, or one around it. */
  readonly scope: GraphEditor;
  readonly values: Float32Array;
  /** The weights are stored [columns, rows]. */
  readonly transposed: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly alpha: number;
  readonly addend?: { readonly name: string; readonly beta: number };
}

/** Whether a node is of an operator that {@link readProduct} knows. */
export function isProduct(node: Node): boolean {
  return domainOf(node) === "" && (node.opType === "MatMul" || node.opType === "Gemm");
}

/** What a MatMul or Gemm multiplies; in words, if it is not FP32 with a constant matrix. */
export function readProduct(graph: GraphEditor, node: Node): Product | string {
  const [left = "", weights = "", addend = ""] = node.inputs;
  const tensor = graph.constant(weights);
  if (tensor === undefined) return "its right factor is not a constant";
  if (tensor.dims.length !== 2) return `its weights have ${tensor.dims.length} axes, not two`;
  const values = readFloats(tensor);
  if (typeof values === "string") return values;
  const gemm = node.opType === "Gemm";
  const transposed = gemm && intAttribute(node, "transB", 0) !== 0;
  const beta = floatAttribute(node, "beta", 1);
  const [rows, columns] = transposed ? tensor.dims.toReversed() : tensor.dims;
  return {
    node,
    left,
    leftTransposed: gemm && intAttribute(node, "transA", 0) !== 0,
    weights,
    scope: graph.scopeOf(weights)!,
    values,
    transposed,
    rows: rows!,
    columns: columns!,
    alpha: gemm ? floatAttribute(node, "alpha", 1) : 1,
    ...(gemm && addend !== "" && beta !== 0 && { addend: { name: addend, beta } }),
  };
}

function readFloats(tensor: TensorProto): Float32Array | string {
  if (elementCount(tensor.dims) === 0) return "its weights are empty";
  if (tensor.dataLocation === 1) return "its weights are in another file, and not loaded";
  let values: TypedArray;
  try {
    values = elementsOf(tensor);
  } catch {
    return "its weights cannot be read";
  }
  if (!(values instanceof Float32Array)) return "its weights are not FP32";
  return allFinite(values) ? values : "it has weights that are infinite or not a number";
}
