import { domainOf } from "../../edit.ts";
import { intsAttribute, withAttributes } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";

/**
 * ONNX Runtime (1.30) makes a QLinearAveragePool of each AveragePool between integers, keeps its
 * attribute `dilations`, which that operator does not have, and then refuses the model. Here it is
 * taken away where it does nothing.
 *
 * @returns the nodes in which it does something.
 */
export function dropIdleDilations(graph: GraphEditor): Node[] {
  return graph.nodes.filter((node) => {
    if (node.opType !== "AveragePool" || domainOf(node) !== "") return false;
    const dilations = intsAttribute(node, "dilations");
    if (dilations?.some((step) => step !== 1)) return true;
    if (dilations) graph.replace(node, withAttributes(node, { dilations: undefined }));
    return false;
  });
}
