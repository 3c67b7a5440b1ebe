import { elementCount, toBytes } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import { withAttributes } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import type { Model, Node, TensorProto } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import { nodeLabel, skip, type PassResult } from "../pass.ts";
import { zeroSmallest } from "./zeroSmallest.ts";

/** How many weights {@link pruneMagnitude} sets to zero. */
export interface PruneMagnitudeOptions {
  /** Share of each layer's weights that are zero in the end: 0.5 is half of them. */
  readonly sparsity: number;
  /** Labels of nodes whose weights stay; see {@link nodeLabel}. */
  readonly keep?: ReadonlySet<string>;
}

/**
 * Sets the smallest weights of each Conv, ConvTranspose, Gemm and MatMul to zero, in subgraphs too.
 * The file becomes smaller only when it is compressed, and the model no faster: the runtime
 * multiplies by zeros as by anything else. For speed see `pruneChannels`.
 *
 * Weights are ranked within their layer, not over the whole model: once BatchNormalization is folded
 * in, the scales of layers do not compare, and a common threshold empties some of them.
 *
 * Source: Han et al. 2015, "Learning both weights and connections for efficient neural networks".
 *
 * @throws RangeError for a sparsity outside of [0, 1].
 */
export function pruneMagnitude(
  model: Model,
  { sparsity, keep = new Set() }: PruneMagnitudeOptions,
): PassResult {
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new RangeError(`a sparsity is from 0 to 1, got ${sparsity}`);
  // Layers that share weights share the zeros too.
  const done = new Set<TensorProto>();
  return editPass(model, (graph, { changes, skipped }) => {
    for (const layer of graph.nodes) {
      if (!isLayer(layer) || keep.has(nodeLabel(layer))) continue;
      const name = weightsOf(graph, layer);
      const tensor = name === undefined ? undefined : graph.constant(name);
      if (name === undefined || tensor === undefined) {
        skipped.push(skip(layer, "its weights are not constant"));
        continue;
      }
      if (done.has(tensor)) continue;
      const sparse = sparsify(tensor, sparsity);
      if (typeof sparse === "string") {
        skipped.push(skip(layer, sparse));
        continue;
      }
      setConstant(graph.scopeOf(name)!, name, sparse);
      done.add(graph.constant(name)!);
      const count = elementCount(tensor.dims);
      const zeros = Math.floor(count * sparsity);
      changes.push(`${layer.opType} "${nodeLabel(layer)}": ${zeros} of ${count} weights are zero`);
    }
  });
}

const LAYERS: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

function isLayer(node: Node): boolean {
  return domainOf(node) === "" && LAYERS.has(node.opType);
}

/** The constant factor of a layer: the right one, in a product the left one too. */
function weightsOf(graph: GraphEditor, { opType, inputs }: Node): string | undefined {
  const factors = opType.startsWith("Conv") ? [inputs[1]] : [inputs[1], inputs[0]];
  return factors.find((name) => name && graph.constant(name));
}

/** A tensor with its smallest elements set to zero; in words why there is none. */
function sparsify(tensor: TensorProto, sparsity: number): TensorProto | string {
  if (tensor.dataLocation === 1) return "its weights are in another file, and not loaded";
  const bits = BITS[tensor.dataType];
  if (bits === undefined) return "its weights are not of a type that can be ranked";
  const elements = toBytes(elementsOf(tensor)).slice();
  const patterns =
    bits === 32 ? new Uint32Array(elements.buffer) : new Uint16Array(elements.buffer);
  if (patterns.length !== elementCount(tensor.dims)) return "its weights do not fill their shape";
  const changed = zeroSmallest(patterns, Math.floor(patterns.length * sparsity));
  if (changed === 0) return "as many of its weights are zero already";
  const { name = "", dims, dataType } = tensor;
  return { name, dims, dataType, rawData: elements };
}

/** Width of the floating-point types whose sizes are ordered as their bit patterns. */
const BITS: Readonly<Record<number, number>> = { 1: 32, 10: 16, 16: 16 };

/** Puts another tensor in the place of a constant of this graph. */
function setConstant(graph: GraphEditor, name: string, tensor: TensorProto): void {
  const constant = graph.producer(name);
  if (constant) graph.replace(constant, withAttributes(constant, { value: tensor }));
  else graph.setInitializer(name, tensor);
}
