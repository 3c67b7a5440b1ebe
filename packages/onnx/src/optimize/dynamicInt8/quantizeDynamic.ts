import { DATATYPES } from "@longshore/core";
import { node, tensor } from "../../build.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Model, TensorProto } from "../../proto/types.ts";
import type { PassResult } from "../pass.ts";
import type { Product } from "../products/read.ts";
import { replaceProducts, type ReplacedProduct } from "../products/replace.ts";
import { sumObstacle } from "../quantize/sums.ts";
import { transpose } from "../quantize/transpose.ts";
import { quantizePerChannel, type WeightOptions } from "../quantize/weights.ts";
import { createActivations, type Activations } from "./activations.ts";
import { wouldMisfuse } from "./misfusion.ts";

/** What {@link quantizeDynamic} leaves alone, and how fine the weights are. */
export interface DynamicInt8Options {
  /** Labels of nodes that stay in float; see {@link nodeLabel}. */
  readonly keep?: ReadonlySet<string>;
  /** Weights of 7 bits, for x64 without VNNI; see {@link WeightOptions}. */
  readonly reduceRange?: boolean;
  /** Weights that a matrix must have to be worth it; {@link MIN_ELEMENTS} by default. */
  readonly minElements?: number;
}

/**
 * Below this many weights, quantising the activation costs more than is won. Where 64×64 weights
 * break even on x64 with VNNI (ONNX Runtime 1.30) are 16 rows; at one row it takes 128×128.
 */
export const MIN_ELEMENTS = 4096;

/** As DynamicQuantizeLinear, the youngest of the operators used, needs it. */
const MIN_OPSET = 11;

/**
 * Products with constant weights in 8-bit integers, their activations quantised as they come:
 * DynamicQuantizeLinear (one for each activation, u8 with a zero point), MatMulInteger, Cast, Mul.
 * Weights are int8, symmetric, with a scale for each column: the form that ONNX Runtime fuses into
 * DynamicQuantizeMatMul, or MatMulIntegerToFloat where several products share an activation.
 * Convolutions stay: they get slower so.
 *
 * The graph uses standard operators only, and needs no samples.
 */
export function quantizeDynamic(
  model: Model,
  { keep = new Set(), reduceRange = false, minElements = MIN_ELEMENTS }: DynamicInt8Options = {},
): PassResult {
  const bits = reduceRange ? 7 : 8;
  const activations = createActivations();
  return replaceProducts(model, keep, {
    change: `weights in int${bits} per column, activations in 8 bits`,
    refuse(product, graph) {
      const { rows, columns } = product;
      const opset = graph.opset() ?? 1;
      if (opset < MIN_OPSET) return `opset ${opset} is too old; it takes ${MIN_OPSET}`;
      if (rows * columns < minElements)
        return `${rows * columns} weights are too few to gain from 8 bits`;
      const tooMany = sumObstacle(rows);
      if (tooMany) return tooMany;
      if (wouldMisfuse(graph, product))
        return "ONNX Runtime would take for a bias what is added to it, and is none";
      return undefined;
    },
    build(product, graph, constants) {
      buildProduct(
        product,
        graph,
        constants(product, () => quantizeWeights(product, bits)),
        activations,
      );
    },
  });
}

function buildProduct(
  { node: replaced, left, output }: ReplacedProduct,
  graph: GraphEditor,
  [weights, weightScales]: string[],
  activations: Activations,
): void {
  const { values, scale, zeroPoint } = activations(graph, left);
  const fresh = (part: string): string => graph.freshName(`${output}_${part}`);
  const [sum, float, unit] = [fresh("int32"), fresh("float"), fresh("scale")];
  const product = node("MatMulInteger", [values, weights!, zeroPoint], [sum]);
  graph.add(replaced.name ? { ...product, name: replaced.name } : product);
  graph.add(node("Cast", [sum], [float], { to: DATATYPES.FP32.onnx }));
  graph.add(node("Mul", [scale, weightScales!], [unit]));
  graph.add(node("Mul", [float, unit], [output]));
}

/** Weights as [rows, columns] of int8, and the scale of each column. */
function quantizeWeights(product: Product, bits: WeightOptions["bits"]): TensorProto[] {
  const { values, weights, transposed, rows, columns, alpha } = product;
  const dims = transposed ? [columns, rows] : [rows, columns];
  const quantized = quantizePerChannel(values, dims, transposed ? 0 : 1, { bits });
  const data = transposed ? transpose(quantized.values, columns, rows) : quantized.values;
  const scales = quantized.scales.map((scale) => scale * alpha);
  return [
    tensor(`${weights}_int8`, "INT8", [rows, columns], data),
    tensor(`${weights}_scale`, "FP32", [columns], scales),
  ];
}
