import { tensor } from "../build.ts";
import { intAttribute, stringAttribute, withAttributes } from "../graph/attributes.ts";
import { addNamed, attributesToInputs, dropoutToInputs } from "./attributesToInputs.ts";
import { hasReadOutputs } from "./outputs.ts";
import { resizeFromRatios, upsampleToResize } from "./resize.ts";
import type { Rewrite } from "./rewrite.ts";
import { softmaxOfRows } from "./softmax.ts";

/** What ReduceSum did in opset 13, the others followed in 18. */
const axesToInput = attributesToInputs(["axes"]);

/** The operators whose form or meaning changed, by the version in which it did. */
export const REWRITES: Readonly<Record<number, Readonly<Record<string, Rewrite>>>> = {
  9: {
    BatchNormalization: (node) =>
      intAttribute(node, "spatial", 1) === 1
        ? [withAttributes(node, { spatial: undefined })]
        : "statistics that differ by place (spatial 0) are no longer possible",
    Scan: () => "its batches are no longer possible",
  },
  10: {
    Dropout: (node, graph) =>
      hasReadOutputs(node, graph, 1) ? "the type of its mask changed" : undefined,
    Slice: attributesToInputs(["starts", "ends", "axes"]),
    TopK: attributesToInputs(["k"]),
  },
  11: {
    Clip: attributesToInputs(["min", "max"]),
    Pad: attributesToInputs(["pads", "value"]),
    Resize: resizeFromRatios,
    Scatter: (node) => [{ ...node, opType: "ScatterElements" }],
    Upsample: upsampleToResize,
  },
  12: { Dropout: dropoutToInputs },
  13: {
    Hardmax: softmaxOfRows,
    LogSoftmax: softmaxOfRows,
    ReduceSum: axesToInput,
    Resize: (node) =>
      stringAttribute(node, "coordinate_transformation_mode", "") === "tf_half_pixel_for_nn"
        ? "its coordinates (tf_half_pixel_for_nn) are no longer possible"
        : undefined,
    Softmax: softmaxOfRows,
    Split: attributesToInputs(["split"]),
    Squeeze: axesToInput,
    Unsqueeze: axesToInput,
  },
  14: {
    BatchNormalization: (node, graph) => {
      if (hasReadOutputs(node, graph, 1)) return "its statistics are outputs, as for training";
      return node.outputs.length > 1 ? [{ ...node, outputs: node.outputs.slice(0, 1) }] : undefined;
    },
  },
  16: {
    RoiAlign: (node) => [
      withAttributes(node, { coordinate_transformation_mode: "output_half_pixel" }),
    ],
  },
  18: {
    ReduceL1: axesToInput,
    ReduceL2: axesToInput,
    ReduceLogSum: axesToInput,
    ReduceLogSumExp: axesToInput,
    ReduceMax: axesToInput,
    ReduceMean: axesToInput,
    ReduceMin: axesToInput,
    ReduceProd: axesToInput,
    ReduceSumSquare: axesToInput,
    Split: (node) =>
      (node.inputs[1] ?? "") === ""
        ? [withAttributes(node, { num_outputs: node.outputs.length })]
        : undefined,
  },
  20: {
    DFT: (node, graph) => {
      const [input = "", length = ""] = node.inputs;
      const axis = new BigInt64Array([BigInt(intAttribute(node, "axis", 1))]);
      const name = addNamed(graph, node, "axis", tensor("", "INT64", [], axis));
      return [{ ...withAttributes(node, { axis: undefined }), inputs: [input, length, name] }];
    },
    GridSample: (node) => {
      const mode = stringAttribute(node, "mode", "bilinear");
      const renamed = { bilinear: "linear", bicubic: "cubic" }[mode] ?? mode;
      return [withAttributes(node, { mode: renamed })];
    },
  },
  21: { GroupNormalization: () => "its scale and bias became those of channels" },
};
