import { elementCount } from "@longshore/core";
import { domainOf } from "../../../edit.ts";
import { floatAttribute } from "../../../graph/attributes.ts";
import type { GraphEditor } from "../../../graph/editor.ts";
import { elementsOf } from "../../../graph/tensorData.ts";
import { readWindow, type Window } from "../../../infer/window.ts";
import type { Node } from "../../../proto/types.ts";
import { isProduct, readProduct } from "../../products/read.ts";

/** A layer as a linear map: `outputs = features · weights · scale + bias`. */
export interface LinearLayer {
  readonly node: Node;
  /** Input channels, times the places of a convolution's kernel. */
  readonly features: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  /** Whether the weights are stored [outputs, features], else [features, outputs]. */
  readonly outputsFirst: boolean;
  readonly scale: number;
  /** Undefined for a matrix product. */
  readonly convolution: { readonly window: Window; readonly kernel: readonly number[] } | undefined;
  /** Where to add to every output alike; undefined if there is no such place. */
  readonly bias: BiasPlace | undefined;
}

/** An input of a node that is, or can become, a constant with an element for each output. */
export interface BiasPlace {
  readonly node: Node;
  readonly input: number;
  /** What the node multiplies it by. */
  readonly scale: number;
}

/** Reads a layer; in words why it is not one that can be refitted. */
export function readLayer(graph: GraphEditor, node: Node): LinearLayer | string {
  if (graph.users(node.inputs[1]!).length > 1) return "its weights are those of other layers too";
  return isProduct(node) ? readMatrixProduct(graph, node) : readConvolution(graph, node);
}

function readConvolution(graph: GraphEditor, node: Node): LinearLayer | string {
  if (node.opType !== "Conv") return "only Conv, Gemm and MatMul are refitted";
  const tensor = graph.constant(node.inputs[1]!)!;
  const weights = elementsOf(tensor);
  if (!(weights instanceof Float32Array)) return "its weights are not FP32";
  const [outputs, channels, ...kernel] = tensor.dims;
  return {
    node,
    features: elementCount([channels!, ...kernel]),
    outputs: outputs!,
    weights,
    outputsFirst: true,
    scale: 1,
    convolution: { window: readWindow(node, kernel), kernel },
    bias: { node, input: 2, scale: 1 },
  };
}

function readMatrixProduct(graph: GraphEditor, node: Node): LinearLayer | string {
  const product = readProduct(graph, node);
  if (typeof product === "string") return product;
  if (product.alpha === 0) return "its alpha is 0";
  return {
    node,
    features: product.rows,
    outputs: product.columns,
    weights: product.values,
    outputsFirst: product.transposed,
    scale: product.alpha,
    convolution: undefined,
    bias:
      node.opType === "Gemm" ? biasOfGemm(graph, node, product.columns) : addedBias(graph, node),
  };
}

function biasOfGemm(graph: GraphEditor, node: Node, outputs: number): BiasPlace | undefined {
  const scale = floatAttribute(node, "beta", 1);
  const dims = node.inputs[2] ? graph.constant(node.inputs[2])?.dims : [];
  if (scale === 0 || dims === undefined) return undefined;
  const fits = elementCount(dims) === 1 || dims.at(-1) === outputs;
  return fits ? { node, input: 2, scale } : undefined;
}

/** The constant that an Add right behind a MatMul adds. */
function addedBias(graph: GraphEditor, node: Node): BiasPlace | undefined {
  const [output] = node.outputs as [string];
  const add = graph.soleUser(output);
  if (add?.opType !== "Add" || domainOf(add) !== "") return undefined;
  const input = add.inputs[0] === output ? 1 : 0;
  const constant = graph.constant(add.inputs[input]!);
  const columns = graph.constant(node.inputs[1]!)!.dims.at(-1);
  const rank = graph.shape(output)?.length ?? 0;
  // One that has more axes, or is the same for all outputs, is more than a bias.
  const fits = constant && constant.dims.length <= rank && constant.dims.at(-1) === columns;
  return fits ? { node: add, input, scale: 1 } : undefined;
}
