import { elementCount } from "@longshore/core";
import { tensor } from "../../build.ts";
import { domainOf } from "../../edit.ts";
import type { Model, Node, TensorProto } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import type { PassResult } from "../pass.ts";

/** Turns Constant nodes into initializers, so that every constant stands in one place. */
export function constantNodesToInitializers(model: Model): PassResult {
  return editPass(model, (graph, { changes }) => {
    let count = 0;
    for (const node of graph.nodes) {
      const [value = ""] = node.outputs;
      const tensor = constantOf(node);
      // An output of the graph keeps its node: tools expect one.
      if (tensor === undefined || value === "" || graph.isOutput(value)) continue;
      graph.remove(node);
      graph.define(value, tensor);
      count += 1;
    }
    if (count > 0) changes.push(`Constant nodes made initializers: ${count}`);
  });
}

/** What a Constant node holds, whichever attribute it is in; undefined for sparse tensors. */
function constantOf(node: Node): TensorProto | undefined {
  if (node.opType !== "Constant" || domainOf(node) !== "") return undefined;
  const [value] = node.attributes;
  if (value === undefined || value.refAttrName) return undefined;
  const { f = 0, i = 0n, floats = new Float32Array(), ints = new BigInt64Array() } = value;
  switch (value.name) {
    case "value":
      return value.t && elementCount(value.t.dims) >= 0 ? value.t : undefined;
    case "value_float":
      return tensor("", "FP32", [], new Float32Array([f]));
    case "value_floats":
      return tensor("", "FP32", [floats.length], floats);
    case "value_int":
      return tensor("", "INT64", [], new BigInt64Array([i]));
    case "value_ints":
      return tensor("", "INT64", [ints.length], ints);
    case "value_string":
      return { dims: [], dataType: 8, stringData: [value.s ?? new Uint8Array()] };
    case "value_strings":
      return { dims: [value.strings?.length ?? 0], dataType: 8, stringData: value.strings ?? [] };
    default:
      return undefined;
  }
}
