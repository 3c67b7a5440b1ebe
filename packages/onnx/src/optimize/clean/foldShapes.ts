import type { Dimension } from "@longshore/core";
import { tensor } from "../../build.ts";
import { domainOf } from "../../edit.ts";
import { intAttribute } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Model, Node, TensorProto } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import type { PassResult } from "../pass.ts";
import { integerConstant } from "./integerConstant.ts";

/**
 * Puts numbers in the place of questions for lengths that never differ: Shape, and Gather from a
 * Shape. The model's values must have their types, as `inferShapes` gives them.
 */
export function foldShapes(model: Model): PassResult {
  let count = 0;
  return editPass(model, (graph, { changes }) => {
    for (const node of graph.nodes) {
      const [output = ""] = node.outputs;
      if (domainOf(node) !== "" || output === "" || graph.isOutput(output)) continue;
      const known = node.opType === "Gather" ? gathered(graph, node) : lengths(graph, node);
      if (known === undefined) continue;
      graph.remove(node);
      graph.define(output, known);
      count += 1;
    }
    changes.length = 0;
    if (count > 0) changes.push(`shapes known in advance: ${count}`);
  });
}

/** What a Shape node gives, if each length is known. */
function lengths(graph: GraphEditor, node: Node): TensorProto | undefined {
  const shape = shapeGiven(graph, node);
  return shape?.every(isLength)
    ? tensor("", "INT64", [shape.length], BigInt64Array.from(shape, BigInt))
    : undefined;
}

/** The lengths that are taken out of a shape, if each of those is known. */
function gathered(graph: GraphEditor, node: Node): TensorProto | undefined {
  const [data = "", indices = ""] = node.inputs;
  const producer = graph.producer(data);
  const shape = producer && domainOf(producer) === "" ? shapeGiven(graph, producer) : undefined;
  const axes = integerConstant(graph, indices);
  if (shape === undefined || axes === undefined) return undefined;
  const taken = axes.map((axis) => shape.at(axis));
  const dims = graph.constant(indices)?.dims ?? [];
  return taken.every(isLength)
    ? tensor("", "INT64", dims, BigInt64Array.from(taken, BigInt))
    : undefined;
}

/** The dimensions that a Shape node gives: from `start` to before `end`, both clamped. */
function shapeGiven(graph: GraphEditor, node: Node): Dimension[] | undefined {
  if (node.opType !== "Shape") return undefined;
  const shape = graph.shape(node.inputs[0] ?? "");
  return shape?.slice(intAttribute(node, "start", 0), intAttribute(node, "end", shape.length));
}

function isLength(dimension: Dimension | undefined): dimension is number {
  return typeof dimension === "number";
}
