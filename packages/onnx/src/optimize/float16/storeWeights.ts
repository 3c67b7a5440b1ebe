import { DATATYPES } from "@longshore/core";
import { node } from "../../build.ts";
import { domainOf } from "../../edit.ts";
import { tensorAttribute } from "../../graph/attributes.ts";
import { editModel, type GraphEditor } from "../../graph/editor.ts";
import type { Model, TensorProto } from "../../proto/types.ts";
import type { PassResult, Skipped } from "../pass.ts";
import { describeLosses, halve, noLosses, savedBytes, whyNotHalf } from "./halve.ts";

/** What the node that widens a constant takes in a file, roughly; less is not worth it. */
const CAST_BYTES = 256;

/**
 * Stores the weights of a model in FP16 and casts them back to FP32, in which everything is
 * computed as before: half the file. ONNX Runtime widens constants while it loads a model, so the
 * speed of a run is that of the original, and so is the memory.
 *
 * Constants beyond FP16's range (65504) stay, and small ones.
 */
export function storeWeightsInFloat16(model: Model): PassResult {
  const skipped: Skipped[] = [];
  const losses = noLosses();
  let [tensors, saved] = [0, 0];
  const edited = editModel(model, (graph) => {
    for (const [name, constant] of ownConstants(graph)) {
      const bytes = savedBytes(constant);
      if (constant.dataType !== DATATYPES.FP32.onnx || bytes <= CAST_BYTES) continue;
      const reason = graph.isOutput(name) ? "is an output of the graph" : whyNotHalf(constant);
      if (reason !== undefined) {
        skipped.push({ node: name, opType: "Constant", reason });
        continue;
      }
      const tensor = halve(constant, losses);
      const stored = graph.addConstant({ ...tensor, name: `${name}_fp16` });
      const widened = graph.freshName(`${name}_fp32`);
      graph.redirect(name, widened);
      graph.add(node("Cast", [stored], [widened], { to: DATATYPES.FP32.onnx }));
      tensors += 1;
      saved += bytes;
    }
    graph.removeUnused();
  });
  if (tensors === 0) return { model, changes: [], skipped };
  const summary = `${tensors} constants are stored in FP16: ${saved} bytes less`;
  return { model: edited, changes: [summary, ...describeLosses(losses)], skipped };
}

/** Constants that the graph itself holds, as initializers or in Constant nodes. */
function ownConstants(graph: GraphEditor): Map<string, TensorProto> {
  const constants = new Map<string, TensorProto>();
  for (const { name = "" } of graph.initializers) {
    const constant = graph.constant(name);
    if (constant !== undefined) constants.set(name, constant);
  }
  for (const { opType, outputs, ...made } of graph.nodes) {
    if (opType !== "Constant" || domainOf(made) !== "") continue;
    const constant = tensorAttribute({ opType, outputs, ...made }, "value");
    if (constant !== undefined) constants.set(outputs[0] ?? "", constant);
  }
  return constants;
}
