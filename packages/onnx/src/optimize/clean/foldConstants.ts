import type { OpenModel } from "../runtime.ts";
import { editModel } from "../../graph/editor.ts";
import type { Model } from "../../proto/types.ts";
import { skip, type PassResult, type Skipped } from "../pass.ts";
import { constantParts, type ConstantPart } from "./constantParts.ts";
import { evaluate, type Evaluated } from "./evaluate.ts";
import { editPass } from "../editPass.ts";

/**
 * Runs what depends on constants alone once, and puts the results in its place as initializers. The
 * model's values must have their types, as `inferShapes` gives them: a result that would make the
 * model much larger (a huge ConstantOfShape) is not even calculated.
 */
export async function foldConstants(model: Model, open: OpenModel): Promise<PassResult> {
  const parts: ConstantPart[][] = [];
  editModel(model, (graph) => void parts.push(constantParts(graph)));
  const skipped: Skipped[] = [];
  const results: Evaluated[] = [];
  for (const part of parts) results.push(await evaluate(part, model, open));
  let [at, count] = [0, 0];
  const folded = editPass(model, (graph, { changes }) => {
    const { tensors, failed } = results[at++]!;
    for (const { part, reason } of failed) skipped.push(skip(part.nodes.at(-1)!, reason));
    for (const node of graph.nodes) {
      const made = node.outputs.filter((name) => name !== "");
      if (!made.some((name) => tensors.has(name))) continue;
      graph.remove(node);
      for (const name of made) {
        const tensor = tensors.get(name);
        if (tensor) graph.define(name, tensor);
      }
      count += 1;
    }
    changes.length = 0;
    if (count > 0) changes.push(`constants calculated in advance: ${count} nodes' results`);
  });
  return { ...folded, skipped };
}
