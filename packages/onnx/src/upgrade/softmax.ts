import { node as makeNode } from "../build.ts";
import { intAttribute, withAttributes } from "../graph/attributes.ts";
import type { Rewrite } from "./rewrite.ts";

/**
 * Softmax and its kin worked on a matrix: every axis from `axis` (1 by default) on was flattened into
 * its rows. From opset 13 on they work along one axis.
 */
export const softmaxOfRows: Rewrite = (node, graph) => {
  const [input = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const shape = graph.shape(input);
  const axis = intAttribute(node, "axis", 1);
  const fromStart = axis < 0 && shape ? axis + shape.length : axis;
  // What is flattened with it does not matter where it has the length 1.
  const alone = axis === -1 || shape?.slice(fromStart + 1).every((length) => length === 1);
  if (alone) return [withAttributes(node, { axis })];
  const [lengths, rows, result] = ["shape", "rows", "result"].map((part) =>
    graph.freshName(`${output}_${part}`),
  ) as [string, string, string];
  return [
    makeNode("Shape", [input], [lengths]),
    makeNode("Flatten", [input], [rows], { axis }),
    withAttributes({ ...node, inputs: [rows], outputs: [result] }, { axis: -1 }),
    makeNode("Reshape", [result, lengths], [output]),
  ];
};
