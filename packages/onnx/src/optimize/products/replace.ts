import { elementCount } from "@longshore/core";
import { node, tensor } from "../../build.ts";
import { editModel, type GraphEditor } from "../../graph/editor.ts";
import { floatsOf } from "../../graph/tensorData.ts";
import type { Model, TensorProto } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import { nodeLabel, skip, type PassResult } from "../pass.ts";
import { isProduct, readProduct, type Product } from "./read.ts";

/** How a pass computes matrix products with constant weights. */
export interface Replacement {
  /** What becomes of the weights: `weights in int8 per column`. */
  readonly change: string;
  /** Why a product must stay as it is; undefined if it need not. */
  readonly refuse: (product: Product, graph: GraphEditor) => string | undefined;
  /** Adds nodes that compute `alpha · left · weights`, the left factor being [..., rows]. */
  readonly build: (product: ReplacedProduct, graph: GraphEditor, constants: Constants) => void;
}

/** A product that has been taken out of its graph, apart from transposing and adding. */
export interface ReplacedProduct extends Product {
  /** What the nodes that replace it are to make. */
  readonly output: string;
}

/**
 * Names of the constants that stand for a product's weights, made when first asked for: products
 * that share weights share these as well.
 */
export type Constants = (product: Product, make: () => readonly TensorProto[]) => string[];

/**
 * Replaces MatMul and Gemm with constant weights in a model and its subgraphs.
 *
 * @param keep labels of nodes that stay as they are.
 */
export function replaceProducts(
  model: Model,
  keep: ReadonlySet<string>,
  { change, refuse, build }: Replacement,
): PassResult {
  const constants = createConstants();
  const result = editPass(model, (graph, { changes, skipped }) => {
    for (const candidate of graph.nodes) {
      if (!isProduct(candidate) || keep.has(nodeLabel(candidate))) continue;
      const product = readProduct(graph, candidate);
      const reason = typeof product === "string" ? product : refuse(product, graph);
      if (typeof product === "string" || reason !== undefined) {
        skipped.push(skip(candidate, reason!));
        continue;
      }
      replaceProduct(graph, product, (bare) => build(bare, graph, constants));
      changes.push(`${candidate.opType} "${nodeLabel(candidate)}": ${change}`);
    }
  });
  if (result.changes.length === 0) return result;
  // Only now is it known whether a branch still reads what the graph around it holds.
  return { ...result, model: editModel(result.model, (graph) => void graph.removeUnused()) };
}

function replaceProduct(
  graph: GraphEditor,
  product: Product,
  build: (product: ReplacedProduct) => void,
): void {
  const [result] = product.node.outputs as [string];
  graph.remove(product.node);
  const left = product.leftTransposed ? transposed(graph, product.left) : product.left;
  const addend = product.addend && scaledAddend(graph, product.addend, product.columns);
  const output = addend === undefined ? result : graph.freshName(`${result}_product`);
  build({ ...product, left, output });
  if (addend !== undefined) graph.add(node("Add", [output, addend], [result]));
}

function transposed(graph: GraphEditor, value: string): string {
  const output = graph.freshName(`${value}_transposed`);
  graph.add(node("Transpose", [value], [output], { perm: [1, 0] }));
  return output;
}

/**
 * What a Gemm adds, times its beta. A constant one becomes a vector of all columns where it can,
 * the form in which runtimes fuse it with the product.
 */
function scaledAddend(
  graph: GraphEditor,
  { name, beta }: NonNullable<Product["addend"]>,
  columns: number,
): string {
  const constant = graph.constant(name);
  if (constant === undefined || constant.dataLocation === 1) {
    if (beta === 1) return name;
    const factor = graph.addConstant(tensor("beta", "FP32", [], Float32Array.of(beta)));
    const output = graph.freshName(`${name}_scaled`);
    graph.add(node("Mul", [name, factor], [output]));
    return output;
  }
  const { dims } = constant;
  const count = elementCount(dims);
  if (beta === 1 && dims.length === 1 && count === columns) return name;
  const values = floatsOf(constant).map((value) => value * beta);
  if (count === 1) return addVector(graph, name, new Float32Array(columns).fill(values[0]!));
  if (count === columns && dims.at(-1) === columns) return addVector(graph, name, values);
  return graph.addConstant(tensor(name, "FP32", dims, values));
}

function addVector(graph: GraphEditor, name: string, values: Float32Array): string {
  return graph.addConstant(tensor(name, "FP32", [values.length], values));
}

function createConstants(): Constants {
  const known = new Map<GraphEditor, Map<string, string[]>>();
  return ({ weights, transposed, alpha, ...product }, make) => {
    // In the graph that holds the weights, where every user of theirs can see them.
    const scope = product.scope;
    const here = known.get(scope) ?? new Map<string, string[]>();
    known.set(scope, here);
    const key = JSON.stringify([weights, transposed, alpha]);
    const names = here.get(key) ?? make().map((made) => scope.addConstant(made));
    here.set(key, names);
    return names;
  };
}
