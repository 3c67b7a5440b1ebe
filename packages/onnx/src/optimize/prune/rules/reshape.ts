import type { Dimension } from "@longshore/core";
import { domainOf } from "../../../edit.ts";
import { intAttribute, intsAttribute } from "../../../graph/attributes.ts";
import type { Node } from "../../../proto/types.ts";
import { withList } from "../lists.ts";
import type { Trace } from "../trace.ts";
import { normaliseAxis, type Rule } from "./rule.ts";

const UNKNOWN_SHAPE = "its shapes are not known";

/** Transpose: the channels' axis moves. */
export const transpose: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  if (rank === undefined) return UNKNOWN_SHAPE;
  const order = intsAttribute(node, "perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  trace.follow(node.outputs[0], order.indexOf(input.axis), input.units);
  return undefined;
};

/** Squeeze: axes before the channels' go. */
export const squeeze: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const shape = trace.shape(node);
  const given = trace.integers(node, "axes", 1);
  if (shape === undefined || (node.inputs[1] && given === undefined)) return UNKNOWN_SHAPE;
  if (given === undefined && !shape.every((length) => typeof length === "number"))
    return UNKNOWN_SHAPE;
  const axes = given
    ? given.map((axis) => normaliseAxis(axis, shape.length))
    : shape.flatMap((length, axis) => (length === 1 ? [axis] : []));
  const before = axes.filter((axis) => axis < input.axis).length;
  trace.follow(node.outputs[0], input.axis - before, input.units);
  return undefined;
};

/** Unsqueeze: axes of length 1 come in; they are numbered as they are in the output. */
export const unsqueeze: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const rank = trace.shape(node)?.length;
  const given = trace.integers(node, "axes", 1);
  if (rank === undefined || given === undefined) return UNKNOWN_SHAPE;
  const added = new Set(given.map((axis) => normaliseAxis(axis, rank + given.length)));
  const kept = Array.from({ length: rank + given.length }, (_, axis) => axis).filter(
    (axis) => !added.has(axis),
  );
  trace.follow(node.outputs[0], kept[input.axis]!, input.units);
  return undefined;
};

/** Flatten to two axes: channels with all their positions become the second. */
export const flatten: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const shape = trace.shape(node);
  if (shape === undefined) return UNKNOWN_SHAPE;
  const axis = normaliseAxis(intAttribute(node, "axis", 1), shape.length);
  if (input.axis < axis) return "it joins the channels' axis with the batch";
  const inner = product(shape.slice(input.axis + 1));
  const outer = product(shape.slice(axis, input.axis));
  if (inner.symbols.length + outer.symbols.length > 0) return UNKNOWN_SHAPE;
  trace.follow(node.outputs[0], 1, repeat(input.units, outer.number, inner.number));
  return undefined;
};

/**
 * Reshape that keeps the channels' axis or joins it with others: of [N, C, H, W], each channel
 * becomes H·W neighbours of [N, C·H·W]. It may not split the channels.
 */
export const reshape: Rule = (node, trace) => {
  const input = trace.input(node);
  if (input === undefined) return undefined;
  const target = targetOf(node, trace);
  const from = trace.shape(node);
  const to = trace.graph.shape(node.outputs[0]!);
  if (target === undefined || from === undefined || to === undefined) return UNKNOWN_SHAPE;
  if (target.length !== to.length) return UNKNOWN_SHAPE;
  const copies = intAttribute(node, "allowzero", 0) === 0;
  const copied = (axis: number): boolean => copies && target[axis] === 0;
  const place = findAxis(from, nameUnknowns(from, to, copied), input.axis);
  if (place === undefined) return "it splits them, or joins them with axes of unknown length";
  const { axis, outer, inner } = place;
  if (copied(input.axis) && axis !== input.axis) return "it copies their number to another axis";
  const units = repeat(input.units, outer, inner);
  // What the node finds out when it runs needs no edit: -1, and a copy of the same axis.
  if (target[axis] !== -1 && !(copied(axis) && axis === input.axis)) {
    const stated = trace.integers(node, "shape", 1);
    if (stated === undefined) return "its shape is not constant";
    trace.edits.set(node, (edited, kept, graph) => {
      const place = node.inputs[1] ? { input: 1 } : { attribute: "shape" };
      return withList(graph, edited, place, stated.with(axis, kept(units)));
    });
  }
  trace.follow(node.outputs[0], axis, units);
  return undefined;
};

/** What a Reshape is told, undefined for an entry that is only known when it runs. */
function targetOf(node: Node, trace: Trace): (number | undefined)[] | undefined {
  const stated = trace.integers(node, "shape", 1);
  if (stated) return stated;
  const concat = trace.graph.producer(node.inputs[1] ?? "");
  if (concat?.opType !== "Concat" || domainOf(concat) !== "") return undefined;
  const parts = concat.inputs.map((_, index) => {
    const length = trace.shape(concat, index)?.[0];
    const known = trace.integers(concat, "", index);
    return known ?? (length === 1 ? [undefined] : undefined);
  });
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/**
 * Lengths of the output by the names that the input's have: unknown ones ("?") are told apart by
 * their axis, and the output's are the input's where that follows.
 */
function nameUnknowns(
  from: readonly Dimension[],
  to: readonly Dimension[],
  copied: (axis: number) => boolean,
): { readonly from: readonly Dimension[]; readonly to: readonly Dimension[] } {
  const named = from.map((length, axis) => (length === "?" ? `?${axis}` : length));
  const result = to.map((length, axis) =>
    length === "?" && copied(axis) ? (named[axis] ?? length) : length,
  );
  // Both have the same number of elements: with one unknown each and all else equal, so are they.
  const missing = named.filter((length) => typeof length === "string" && !result.includes(length));
  const rest = result.filter((length) => length !== "?");
  const [left, right] = [product(named.filter((length) => length !== missing[0])), product(rest)];
  const same =
    missing.length === 1 &&
    rest.length === result.length - 1 &&
    left.number === right.number &&
    left.symbols.join() === right.symbols.join();
  return {
    from: named,
    to: same ? result.map((length) => (length === "?" ? missing[0]! : length)) : result,
  };
}

/**
 * The axis of the output that an axis of the input becomes part of: `outer` times over, each of its
 * positions `inner` times in a row.
 */
function findAxis(
  stated: readonly Dimension[],
  { from, to }: { readonly from: readonly Dimension[]; readonly to: readonly Dimension[] },
  axis: number,
): { axis: number; outer: number; inner: number } | undefined {
  const length = stated[axis];
  if (typeof length !== "number") return undefined;
  const before = product(from.slice(0, axis));
  for (const [place, joined] of to.entries()) {
    const passed = product(to.slice(0, place));
    if (typeof joined !== "number" || passed.symbols.join() !== before.symbols.join()) continue;
    const outer = before.number / passed.number;
    const inner = joined / (outer * length);
    if (Number.isInteger(outer) && Number.isInteger(inner) && inner > 0)
      return { axis: place, outer, inner };
  }
  return undefined;
}

/** The product of lengths: of the known ones, and the sorted symbols of the others. */
function product(lengths: readonly Dimension[]): { number: number; symbols: string[] } {
  const symbols = lengths.filter((length) => typeof length === "string").toSorted();
  const numbers = lengths.filter((length) => typeof length === "number");
  return { number: numbers.reduce((all, length) => all * length, 1), symbols };
}

/** The units of an axis that is joined with others around it. */
function repeat(units: readonly number[], outer: number, inner: number): readonly number[] {
  if (outer === 1 && inner === 1) return units;
  const once = units.flatMap((unit) => Array.from({ length: inner }, () => unit));
  return Array.from({ length: outer }, () => once).flat();
}
