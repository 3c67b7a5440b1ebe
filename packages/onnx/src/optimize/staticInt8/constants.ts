import { DATATYPES } from "@longshore/core";
import type { GraphEditor } from "../../graph/editor.ts";
import type { TensorProto } from "../../proto/types.ts";

/** A constant of single precision whose data are at hand. */
export function floatConstant(name: string, graph: GraphEditor): TensorProto | undefined {
  const tensor = graph.constant(name);
  return tensor?.dataType === DATATYPES.FP32.onnx && tensor.dataLocation !== 1 ? tensor : undefined;
}
