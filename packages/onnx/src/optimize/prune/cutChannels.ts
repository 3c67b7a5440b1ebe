import type { GraphEditor } from "../../graph/editor.ts";
import type { Node, TensorProto, TypeProto } from "../../proto/types.ts";
import { takeAlong } from "./takeAlong.ts";
import type { Slice, Trace } from "./trace.ts";

/** The positions of units that stay. */
export type KeptPositions = (units: readonly number[]) => number[];

/** Removes channels from a traced graph: from constants, nodes' lengths, and stated shapes. */
export function cutChannels({ graph, slices, edits, axes }: Trace, kept: KeptPositions): void {
  const loses = ({ units }: { readonly units: readonly number[] }): boolean =>
    kept(units).length < units.length;
  const inputs = cutConstants(graph, slices.filter(loses), kept);
  for (const node of new Set([...inputs.keys(), ...edits.keys()])) {
    const renamed = inputs.get(node);
    const smaller = {
      ...node,
      inputs: node.inputs.map((name, index) => renamed?.get(index) ?? name),
    };
    const followed = [...node.inputs, ...node.outputs].flatMap((value) => axes.get(value) ?? []);
    const edit = followed.some(loses) ? edits.get(node) : undefined;
    graph.replace(node, edit?.(smaller, (units) => kept(units).length, graph) ?? smaller);
  }
  for (const [value, channels] of axes) {
    const type = loses(channels) ? graph.type(value) : undefined;
    if (type) graph.setType(value, withLength(type, channels.axis, kept(channels.units).length));
  }
  graph.removeUnused();
}

/** A node's input that reads a constant, and what stays of the constant there. */
interface Use {
  readonly node: Node;
  readonly input: number;
  readonly cuts: readonly { readonly axis: number; readonly positions: readonly number[] }[];
}

/**
 * Makes the smaller constants. One that is cut in the same way everywhere keeps its name.
 *
 * @returns the other names, by node and position among its inputs.
 */
function cutConstants(
  graph: GraphEditor,
  slices: readonly Slice[],
  kept: KeptPositions,
): Map<Node, Map<number, string>> {
  const inputs = new Map<Node, Map<number, string>>();
  const initializers = new Set(graph.initializers.map(({ name }) => name));
  for (const [name, here] of Map.groupBy(slices, ({ node, input }) => node.inputs[input]!)) {
    const constant = graph.constant(name)!;
    const uses = listUses(here, kept);
    const versions = [...Map.groupBy(uses, ({ cuts }) => JSON.stringify(cuts)).values()];
    const reads = graph.users(name).flatMap((user) => user.inputs.filter((read) => read === name));
    const everywhere = versions.length === 1 && reads.length === uses.length;
    if (everywhere && initializers.has(name) && !graph.isOutput(name) && !graph.isCaptured(name)) {
      graph.setInitializer(name, applyCuts(constant, uses[0]!));
      continue;
    }
    for (const same of versions) {
      const added = graph.addConstant(applyCuts(constant, same[0]!));
      for (const { node, input } of same)
        inputs.set(node, (inputs.get(node) ?? new Map<number, string>()).set(input, added));
    }
  }
  return inputs;
}

/** Slices of one constant, those that cut the same input on different axes brought together. */
function listUses(slices: readonly Slice[], kept: KeptPositions): Use[] {
  return [...Map.groupBy(slices, ({ node }) => node)].flatMap(([node, ofNode]) =>
    [...Map.groupBy(ofNode, ({ input }) => input)].map(([input, ofInput]) => ({
      node,
      input,
      cuts: ofInput.map(({ axis, units }) => ({ axis, positions: kept(units) })),
    })),
  );
}

function applyCuts(constant: TensorProto, { cuts }: Use): TensorProto {
  return cuts.reduce((tensor, { axis, positions }) => takeAlong(tensor, axis, positions), constant);
}

/** A tensor's type with another length of an axis. */
function withLength(type: TypeProto, axis: number, length: number): TypeProto {
  const { tensorType } = type;
  if (tensorType?.shape === undefined) return type;
  const dims = tensorType.shape.dims.with(axis, { dimValue: length });
  return { ...type, tensorType: { ...tensorType, shape: { dims } } };
}
