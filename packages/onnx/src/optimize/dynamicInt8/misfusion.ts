import { domainOf } from "../../edit.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";
import type { Product } from "../products/read.ts";

/**
 * Whether ONNX Runtime would take a constant that is added to a product for a bias of its columns,
 * though it is none: its fusion (MatMulIntegerToFloatFusion, seen in 1.30) does not ask how many
 * columns and axes the product has, and the result would fail or lose an axis.
 */
export function wouldMisfuse(graph: GraphEditor, product: Product): boolean {
  // What a Gemm adds by itself stands in between.
  if (product.addend !== undefined) return false;
  const [result] = product.node.outputs as [string];
  return graph.users(result).some((user) => isMistaken(graph, product, user));
}

function isMistaken(graph: GraphEditor, { left, columns, node }: Product, add: Node): boolean {
  if (add.opType !== "Add" || domainOf(add) !== "") return false;
  const [addend = ""] = add.inputs.filter((name) => !node.outputs.includes(name));
  const dims = graph.constant(addend)?.dims;
  if (dims === undefined || (dims.at(-1) ?? 1) === 1) return false;
  const isRow = dims.slice(0, -1).every((length) => length === 1);
  const axes = graph.shape(left)?.length ?? 2;
  return isRow && (dims.at(-1) !== columns || dims.length > axes);
}
