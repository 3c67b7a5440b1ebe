import { domainOf } from "../../edit.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { sortNodes } from "../../graph/scope.ts";
import type { Attribute, Model, Node } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import type { PassResult } from "../pass.ts";
import { definesInside } from "./bypass.ts";
import { RANDOM_OPERATORS } from "./randomOperators.ts";

/**
 * Keeps one of several nodes that compute the same of the same values (common subexpression
 * elimination).
 */
export function mergeNodes(model: Model): PassResult {
  let count = 0;
  return editPass(model, (graph, { changes }) => {
    for (let merged = mergeIn(graph); merged > 0; merged = mergeIn(graph)) count += merged;
    changes.length = 0;
    if (count > 0) changes.push(`nodes that compute the same merged: ${count}`);
  });
}

/** @returns how many are gone. What reads those that changed places with a later one may be left. */
function mergeIn(graph: GraphEditor): number {
  const known = new Map<string, Node>();
  let count = 0;
  for (const { outputs } of sortNodes(graph.nodes)) {
    // As it is now: what it reads may have been merged.
    const node = graph.producer(outputs.find((name) => name !== "") ?? "");
    const key = node && keyOf(node);
    if (key === undefined) continue;
    const twin = known.get(key);
    known.set(key, twin ?? node!);
    if (twin === undefined) continue;
    // What the caller reads keeps its name: the other one goes.
    if (replaceBy(graph, node!, twin)) count += 1;
    else if (replaceBy(graph, twin, node!)) {
      known.set(key, node!);
      count += 1;
    }
  }
  return count;
}

/** @returns false, with nothing changed, where the caller or a subgraph needs the node's own names. */
function replaceBy(graph: GraphEditor, node: Node, twin: Node): boolean {
  const pairs = node.outputs.map((name, index) => [name, twin.outputs[index]!] as const);
  const isNeeded = pairs.some(
    ([name, other]) =>
      graph.isOutput(name) || graph.users(name).some((user) => definesInside(user, other)),
  );
  if (isNeeded) return false;
  graph.remove(node);
  for (const [name, other] of pairs) if (name !== "") graph.redirect(name, other);
  return true;
}

/** Equal for nodes that give the same; undefined for those that are not compared. */
function keyOf(node: Node): string | undefined {
  const { opType, overload = "", inputs, outputs, attributes } = node;
  if (domainOf(node) !== "" || overload !== "" || RANDOM_OPERATORS.has(opType)) return undefined;
  const values = attributes.map(attributeKey);
  if (values.includes(undefined)) return undefined;
  // A result that is left out may change what the others are.
  const made = outputs.map((name) => name !== "");
  return JSON.stringify([opType, inputs, made, values.toSorted()]);
}

/** Undefined for tensors, which are long, and for graphs. */
function attributeKey({ name, type, ...value }: Attribute): string | undefined {
  const { refAttrName, f, i, s, floats, ints, strings } = value;
  const lists = [floats, ints, strings].filter((list) => list !== undefined);
  const plain = [f, i, s].filter((single) => single !== undefined);
  const parts = [...plain.map((single) => [single]), ...lists].flatMap((list) =>
    Array.from<unknown, string>(list, (part) => (Object.is(part, -0) ? "-0" : String(part))),
  );
  const isCompared = refAttrName === undefined && plain.length + lists.length === 1;
  return isCompared ? JSON.stringify([name, type, parts]) : undefined;
}
