import { domainOf } from "../../edit.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { floatsOf } from "../../graph/tensorData.ts";
import { allFinite } from "../quantize/weights.ts";
import { floatConstant } from "./constants.ts";
import { addDequantized } from "./dequantize.ts";
import { outputChannels } from "./weights.ts";

/** Bits of a bias in integers: far finer than the floats that it is added to. */
const STEPS = 2 ** 30;

/**
 * Holds in float what was not quantised. ONNX Runtime (WeightBiasQuantization) brings the weights of
 * each Conv, ConvTranspose and Gemm behind a DequantizeLinear, which it also moves past reshaping
 * and pooling, into int8 with one scale a tensor: that loses more than quantising it here would
 * have. It leaves those alone whose bias is computed, so here the bias comes from a DequantizeLinear as well, in int32 with a scale of its own.
 */
export function keepFloat(graph: GraphEditor): void {
  for (const node of graph.nodes) {
    if (!["Conv", "ConvTranspose", "Gemm"].includes(node.opType) || domainOf(node) !== "") continue;
    const [input = "", weight = "", bias = ""] = node.inputs;
    const weights = floatConstant(weight, graph);
    if (weights === undefined) continue;
    const given = bias === "" ? undefined : floatConstant(bias, graph);
    if (bias !== "" && given?.dims.length !== 1) continue;
    const values = given ? floatsOf(given) : new Float32Array(outputChannels(node, weights.dims));
    if (!allFinite(values)) continue;
    const floats = addBias(bias || `${weight}_bias`, values, graph);
    graph.replace(node, { ...node, inputs: [input, weight, floats] });
  }
}

function addBias(name: string, values: Float32Array, graph: GraphEditor): string {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = Math.fround(Math.max(largest / STEPS, 2 ** -126));
  const codes = Int32Array.from(values, (value) => Math.round(value / scale));
  const scales = Float32Array.of(scale);
  const dims = [values.length];
  return addDequantized(
    { name, datatype: "INT32", dims, values: codes, scales, zeroPoint: 0, axis: undefined },
    graph,
  );
}
