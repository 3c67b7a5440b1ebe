import { DATATYPES } from "@longshore/core";
import { editModel } from "../../graph/editor.ts";
import { withInferredTypes } from "../inferredTypes.ts";
import type { Model } from "../../proto/types.ts";
import { findUnits } from "../staticInt8/units.ts";

/** The FP32 activations of a model's main graph that static int8 may turn into integers. */
export function calibratedValues(model: Model): string[] {
  const values = new Set<string>();
  editModel(withInferredTypes(model), (graph) => {
    if (graph.outer) return;
    for (const { inputs, outputs } of findUnits(graph))
      for (const name of [...inputs, ...outputs])
        if (graph.elementType(name) === DATATYPES.FP32.onnx) values.add(name);
  });
  return [...values];
}
