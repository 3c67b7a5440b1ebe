import { floatsOf } from "../../graph/tensorData.ts";
import type { TensorProto } from "../../proto/types.ts";
import type { Trace } from "./trace.ts";

/** From this many channels on, as many stay as fill whole blocks. */
const BLOCK = 16;

/**
 * Chooses the units to remove, by the roots of their sets: of the sets that lie on the same axes,
 * the given fraction with the smallest weights. At least one set stays on every axis.
 */
export function chooseUnits(trace: Trace, fraction: number): Set<number> {
  const importance = weighSets(trace);
  const removed = new Set<number>();
  for (const sets of setsByAxes(trace)) {
    const open = sets.filter((root) => trace.units.reason(root) === undefined);
    const ranked = open.toSorted((a, b) => importance.get(a)! - importance.get(b)!);
    for (const root of ranked.slice(0, sets.length - countKept(sets.length, fraction)))
      removed.add(root);
  }
  return removed;
}

/** Kernels compute whole blocks of channels: what is left of one costs as much as all of it. */
function countKept(count: number, fraction: number): number {
  const exact = count * (1 - fraction);
  const block = count >= 2 * BLOCK ? BLOCK : 1;
  return Math.min(count, Math.max(block, Math.round(exact / block) * block));
}

/**
 * Sets of units, grouped by the axes on which they lie. So each axis is made of whole groups, and
 * what is left of a group is left on all of its axes.
 */
function setsByAxes({ axes, units }: Trace): number[][] {
  const places = new Map<number, number[]>();
  const lists = new Set(Array.from(axes.values(), (axis) => axis.units));
  for (const [list, members] of [...lists].entries())
    for (const unit of members) {
      const root = units.find(unit);
      const known = places.get(root);
      if (known === undefined) places.set(root, [list]);
      else if (known.at(-1) !== list) known.push(list);
    }
  const groups = Map.groupBy(places.keys(), (root) => places.get(root)!.join());
  return [...groups.values()];
}

/**
 * How much each set matters: the sum of its weights' squares, those that make its channels and
 * those that read them, each tensor's relative to its mean so that no layer drowns another.
 *
 * Source: Li et al. 2017, "Pruning filters for efficient ConvNets", ranks filters by their norm;
 * Fang et al. 2023, "DepGraph", adds up what belongs together.
 */
function weighSets({ slices, units, graph }: Trace): Map<number, number> {
  const importance = new Map<number, number>();
  for (const { node, input, axis, role, units: members } of slices) {
    if (role === "vector") continue;
    const bySet = new Map<number, number>();
    for (const [index, squares] of sumSquares(graph.constant(node.inputs[input]!)!, axis).entries())
      addTo(bySet, units.find(members[index]!), squares);
    const mean = bySet.values().reduce((sum, squares) => sum + squares, 0) / bySet.size;
    for (const [root, squares] of bySet) addTo(importance, root, mean > 0 ? squares / mean : 0);
  }
  return importance;
}

function addTo(sums: Map<number, number>, key: number, term: number): void {
  sums.set(key, (sums.get(key) ?? 0) + term);
}

/** The sum of a tensor's squares at each position of an axis. */
function sumSquares(tensor: TensorProto, axis: number): Float64Array {
  const values = floatsOf(tensor);
  const length = tensor.dims[axis]!;
  const inner = tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Float64Array(length);
  for (let start = 0, position = 0; start < values.length; start += inner) {
    let sum = 0;
    for (let at = start; at < start + inner; at++) sum += values[at]! ** 2;
    sums[position]! += sum;
    position = position + 1 === length ? 0 : position + 1;
  }
  return sums;
}
