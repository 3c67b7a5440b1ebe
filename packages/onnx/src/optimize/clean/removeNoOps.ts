import { domainOf } from "../../edit.ts";
import { intsAttribute, withAttributes } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Model, Node } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import type { PassResult } from "../pass.ts";
import { bypass } from "./bypass.ts";
import { integerConstant } from "./integerConstant.ts";
import { passedThrough } from "./noOps.ts";

/**
 * Removes nodes that do nothing (Identity, inactive Dropout, casts to the type at hand, adding
 * zero, …), and makes one of two transposes or reshapes in a row. The model's values must have
 * their types, as `inferShapes` gives them.
 */
export function removeNoOps(model: Model): PassResult {
  const removed = new Map<string, number>();
  return editPass(model, (graph, { changes }) => {
    for (const each of graph.nodes) {
      if (!graph.has(each)) continue;
      const source = passedThrough(each, graph);
      const gone =
        source === undefined ? mergesIntoPrevious(each, graph) : bypass(graph, each, source);
      if (gone) removed.set(each.opType, (removed.get(each.opType) ?? 0) + 1);
    }
    changes.length = 0;
    if (removed.size > 0)
      changes.push(
        `nodes that do nothing removed: ${Array.from(removed, ([type, count]) => `${count} ${type}`).join(", ")}`,
      );
  });
}

/** Joins a node with the only one before it, where both just move or relabel elements. */
function mergesIntoPrevious(node: Node, graph: GraphEditor): boolean {
  const [value = ""] = node.inputs;
  const previous = graph.producer(value);
  if (previous === undefined || domainOf(node) !== "" || domainOf(previous) !== "") return false;
  if (graph.soleUser(value) !== node) return false;
  const merged =
    node.opType === "Transpose"
      ? mergeTransposes(previous, node)
      : mergeReshapes(previous, node, graph);
  if (merged === undefined) return false;
  graph.remove(previous);
  graph.replace(node, merged);
  return true;
}

function mergeTransposes(first: Node, second: Node): Node | undefined {
  const before = intsAttribute(first, "perm");
  const after = intsAttribute(second, "perm");
  if (first.opType !== "Transpose" || before === undefined || after === undefined) return undefined;
  const perm = after.map((axis) => before[axis] ?? -1);
  return withAttributes({ ...second, inputs: [...first.inputs] }, { perm });
}

/** Only the last of several reshapes counts, unless it copies lengths of what it is given. */
function mergeReshapes(first: Node, second: Node, graph: GraphEditor): Node | undefined {
  if (!RESHAPES.has(first.opType) || second.opType !== "Reshape") return undefined;
  const [, shape = ""] = second.inputs;
  const target = integerConstant(graph, shape);
  if (target === undefined || target.includes(0)) return undefined;
  return { ...second, inputs: [first.inputs[0] ?? "", shape] };
}

const RESHAPES: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze"]);
