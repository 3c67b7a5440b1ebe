import { node, tensor } from "../../build.ts";
import type { Model, TensorProto } from "../../proto/types.ts";
import type { PassResult } from "../pass.ts";
import type { Product } from "../products/read.ts";
import { replaceProducts } from "../products/replace.ts";
import { quantizeBlocks, type BlockOptions } from "../quantize/blocks.ts";
import { transpose } from "../quantize/transpose.ts";

/** The format of the blocks, and what {@link quantizeWeights} leaves alone. */
export interface WeightOnlyOptions extends BlockOptions {
  /** Fewer weights in a block are more exact; more are smaller and faster. */
  readonly blockSize: 32 | 128;
  /** Labels of nodes that stay in float; see {@link nodeLabel}. */
  readonly keep?: ReadonlySet<string>;
}

/** The domain of ONNX Runtime's own operators. */
const DOMAIN = "com.microsoft";

/** Lets a runtime compute with 8-bit activations, quantised in the same blocks. */
const ACCURACY_LEVEL = 4;

/**
 * Weights of products in 4 or 8 bits in blocks of neighbours in a column (com.microsoft.MatMulNBits,
 * which ONNX Runtime alone knows): for models whose speed is bound by reading their weights, as at
 * batch 1. Activations stay float outside of the operator. Needs no samples.
 */
export function quantizeWeights(
  model: Model,
  { keep = new Set(), ...format }: WeightOnlyOptions,
): PassResult {
  const { bits, blockSize, symmetric } = format;
  return replaceProducts(model, keep, {
    change: `weights in ${bits} bits, ${symmetric ? "symmetric" : "asymmetric"} blocks of ${blockSize}`,
    refuse({ rows }, graph) {
      const version = graph.opset(DOMAIN) ?? 1;
      if (version !== 1) return `the model imports version ${version} of ${DOMAIN}, not 1`;
      if (columnBytes(rows, format) >= rows * Float32Array.BYTES_PER_ELEMENT)
        return `blocks of ${blockSize} would not make its ${rows} rows smaller`;
      return undefined;
    },
    build(product, graph, constants) {
      const { node: replaced, left, output, rows, columns } = product;
      graph.importOpset(DOMAIN, 1);
      const inputs = [left, ...constants(product, () => toBlocks(product, format))];
      const attributes = {
        K: rows,
        N: columns,
        bits,
        block_size: blockSize,
        accuracy_level: ACCURACY_LEVEL,
      };
      const made = node("MatMulNBits", inputs, [output], attributes, DOMAIN);
      graph.add(replaced.name ? { ...made, name: replaced.name } : made);
    },
  });
}

/** What a column takes: codes, and a scale and a zero point for each block. */
function columnBytes(rows: number, { bits, blockSize, symmetric }: BlockOptions): number {
  const block =
    (blockSize * bits) / 8 + Float32Array.BYTES_PER_ELEMENT + (symmetric ? 0 : bits / 8);
  return Math.ceil(rows / blockSize) * block;
}

/** Codes, scales, and zero points if there are any, in the operator's layout. */
function toBlocks(product: Product, format: BlockOptions): TensorProto[] {
  const { values, weights, transposed, rows, columns, alpha } = product;
  const byColumn = transposed ? values : transpose(values, rows, columns);
  const { codes, scales, zeroPoints, blocks } = quantizeBlocks(byColumn, columns, rows, format);
  const blockBytes = codes.length / scales.length;
  const scaled = scales.map((scale) => scale * alpha);
  const name = `${weights}_int${format.bits}`;
  return [
    tensor(name, "UINT8", [columns, blocks, blockBytes], codes),
    tensor(`${name}_scale`, "FP32", [columns, blocks], scaled),
    ...(zeroPoints
      ? [tensor(`${name}_zero_point`, "UINT8", [columns, zeroPoints.length / columns], zeroPoints)]
      : []),
  ];
}
