import { tensor } from "../build.ts";
import { stringAttribute, withAttributes } from "../graph/attributes.ts";
import { floatsOf } from "../graph/tensorData.ts";
import type { GraphEditor } from "../graph/editor.ts";
import type { Node } from "../proto/types.ts";
import { addNamed } from "./attributesToInputs.ts";
import type { Rewrite } from "./rewrite.ts";

/** Upsample, whose factors are at least 1, takes the element at or before each place. */
export const upsampleToResize: Rewrite = (node, graph) => {
  const ratios = node.attributes.find(({ name }) => name === "scales")?.floats;
  const scales = ratios
    ? addNamed(graph, node, "scales", tensor("", "FP32", [ratios.length], ratios))
    : (node.inputs[1] ?? "");
  return [resize(node, scales, "floor")];
};

/**
 * Resize of opset 10: the coordinate is divided by the factor, and a nearest element is the one
 * before it when enlarging, the one behind it when reducing (as ONNX Runtime has it; the
 * specification left it open).
 */
export const resizeFromRatios: Rewrite = (node, graph) => {
  const [, scales = ""] = node.inputs;
  if (stringAttribute(node, "mode", "nearest") !== "nearest")
    return [resize(node, scales, "floor")];
  const ratios = constantRatios(graph, scales);
  if (ratios === undefined) return "how it rounds depends on factors that are not constant";
  if (ratios.every((ratio) => ratio >= 1)) return [resize(node, scales, "floor")];
  if (ratios.every((ratio) => ratio <= 1)) return [resize(node, scales, "ceil")];
  return "it enlarges one axis and reduces another";
};

function constantRatios(graph: GraphEditor, scales: string): Float32Array | undefined {
  const constant = graph.constant(scales);
  return constant?.dataType === 1 && constant.dataLocation !== 1 ? floatsOf(constant) : undefined;
}

function resize(node: Node, scales: string, rounding: "floor" | "ceil"): Node {
  const mode = stringAttribute(node, "mode", "nearest");
  return withAttributes(
    { ...node, opType: "Resize", inputs: [node.inputs[0] ?? "", "", scales] },
    {
      scales: undefined,
      mode: mode === "bilinear" ? "linear" : mode,
      coordinate_transformation_mode: "asymmetric",
      ...(mode === "nearest" && { nearest_mode: rounding }),
    },
  );
}
