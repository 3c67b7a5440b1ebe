import { sortNodes } from "../../graph/scope.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import type { Node } from "../../proto/types.ts";
import { nodeLabel } from "../pass.ts";
import { ruleOf } from "./rules/rules.ts";
import { Trace, type Slice } from "./trace.ts";

/**
 * Follows the channels of every layer through a graph, and finds out which of them can only be
 * removed together. What it cannot follow stays.
 *
 * Source: Fang et al. 2023, "DepGraph: Towards any structural pruning", whose groups these are.
 *
 * @param keep labels of nodes whose outputs stay.
 */
export function traceChannels(graph: GraphEditor, keep: ReadonlySet<string>): Trace {
  const trace = new Trace(graph);
  for (const node of sortNodes(graph.nodes)) {
    const rule = ruleOf(node);
    const reason = rule ? rule(node, trace) : "it cannot be followed";
    if (reason !== undefined) {
      trace.refusals.set(node, reason);
      trace.freezeInputs(node, `read by ${describe(node)}: ${reason}`);
    }
    if (keep.has(nodeLabel(node))) freezeOutputs(trace, node, "it was asked to stay");
  }
  for (const { name } of graph.outputs)
    trace.units.freeze(trace.axes.get(name)?.units ?? [], `"${name}" is an output of the model`);
  tieSharedWeights(trace);
  return trace;
}

function freezeOutputs(trace: Trace, node: Node, reason: string): void {
  for (const name of node.outputs) trace.units.freeze(trace.axes.get(name)?.units ?? [], reason);
}

/**
 * Layers that share weights lose the same channels, or none if one of them uses the weights in
 * another way: else each would need a copy of its own, and the model would grow.
 */
function tieSharedWeights(trace: Trace): void {
  const weights = trace.slices.filter(({ role }) => role !== "vector");
  const byName = Map.groupBy(weights, ({ node, input }) => node.inputs[input]!);
  for (const [name, slices] of byName) {
    const users = trace.graph.users(name);
    const byAxis = Map.groupBy(slices, ({ axis }) => axis);
    for (const uses of byAxis.values()) tieUses(trace, uses, users, name);
  }
}

/** @param uses the slices of one constant along one axis. */
function tieUses(
  trace: Trace,
  uses: readonly Slice[],
  users: readonly Node[],
  weights: string,
): void {
  const [first] = uses;
  for (const { units } of uses) trace.units.join(first!.units, units);
  const sliced = new Set(uses.map(({ node }) => node));
  const other = users.find((user) => !sliced.has(user));
  if (other === undefined && !trace.graph.isOutput(weights)) return;
  const user = other ? describe(other) : "an output of the model";
  trace.units.freeze(first!.units, `its weights are also those of ${user}`);
}

function describe(node: Node): string {
  return `${node.opType} "${nodeLabel(node)}"`;
}
