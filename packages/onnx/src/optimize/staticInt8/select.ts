import type { GraphEditor } from "../../graph/editor.ts";
import type { Ranges } from "../calibrate/range.ts";
import { nodeLabel, skip, type Skipped } from "../pass.ts";
import type { StaticInt8Options } from "./options.ts";
import { findUnits, withoutClamp, type Unit } from "./units.ts";
import { weightObstacle } from "./weights.ts";

/** Which part of a graph is to be computed on integers. */
export interface Selection {
  /** Each behind those it depends on. */
  readonly units: readonly Unit[];
  /** The activations that become integers. */
  readonly values: ReadonlySet<string>;
  readonly skipped: readonly Skipped[];
}

/**
 * Chooses what is computed on integers.
 *
 * For ONNX Runtime, that is sums of products, and whatever lies between them: an operator that only
 * floats surround would pay for two conversions and gain nothing. A compiler for an integer-only
 * accelerator is given everything that has an integer form.
 */
export function selectUnits(
  graph: GraphEditor,
  ranges: Ranges,
  options: StaticInt8Options,
): Selection {
  const skipped: Skipped[] = [];
  const eligible = findUnits(graph).filter((unit) => {
    if (options.keep?.has(nodeLabel(unit.node))) return false;
    const reason = obstacleTo(unit, graph, ranges, options);
    if (reason === undefined) return true;
    if (unit.operator.kind === "weighted") skipped.push(skip(unit.node, reason));
    return false;
  });
  if (options.scales === "powerOfTwo") return { ...everything(eligible), skipped };
  const units = withConsumers(reachable(eligible));
  return { ...leavingFloatResults(units), skipped };
}

function obstacleTo(
  { node, parts, operator, inputs, outputs, clamp }: Unit,
  graph: GraphEditor,
  ranges: Ranges,
  { keep, scales }: StaticInt8Options,
): string | undefined {
  if (operator.acceleratorOnly && scales !== "powerOfTwo")
    return "ONNX Runtime computes it in float only";
  const own = operator.obstacle?.(node) ?? weightObstacle(node, operator, graph);
  if (own !== undefined) return own;
  if (inputs.length === 0) return "it has no input that changes";
  const kept = [...parts, ...(clamp ? [clamp.node] : [])].find((part) =>
    keep?.has(nodeLabel(part)),
  );
  if (kept) return `the ${kept.opType} behind it is kept`;
  for (const value of [...inputs, ...outputs]) {
    const range = ranges.get(value);
    if (range === undefined) return `no range was calibrated for "${value}"`;
    if (!Number.isFinite(range.max - range.min)) return `"${value}" is not always finite`;
  }
  return undefined;
}

function everything(units: readonly Unit[]): Omit<Selection, "skipped"> {
  return {
    units,
    values: new Set(units.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])),
  };
}

/** Weighted units, and those whose inputs are integers anyway. */
function reachable(units: readonly Unit[]): Unit[] {
  const integers = new Set<string>();
  for (const { operator, inputs, outputs } of units)
    if (operator.kind === "weighted")
      for (const name of [...inputs, ...outputs]) integers.add(name);
  return units.filter(({ operator, inputs, outputs }) => {
    if (operator.kind === "weighted") return true;
    if (!inputs.every((name) => integers.has(name))) return false;
    for (const name of outputs) integers.add(name);
    return true;
  });
}

/** Without those that only hand integers on to somebody who wants floats. */
function withConsumers(units: readonly Unit[]): Unit[] {
  const read = new Set<string>();
  return units
    .toReversed()
    .filter(({ operator, inputs, outputs }) => {
      const pays = operator.kind === "weighted" || operator.floatResult;
      if (!pays && !outputs.some((name) => read.has(name))) return false;
      for (const name of inputs) read.add(name);
      return true;
    })
    .toReversed();
}

/** Sums of products that only floats are made of are not rounded to 8 bits. */
function leavingFloatResults(units: readonly Unit[]): Omit<Selection, "skipped"> {
  const read = new Set(units.flatMap(({ inputs }) => inputs));
  const values = new Set(read);
  const resolved = units.map((unit) => {
    if (unit.operator.floatResult && !unit.outputs.some((name) => read.has(name)))
      return withoutClamp(unit);
    for (const name of unit.outputs) values.add(name);
    return unit;
  });
  return { units: resolved, values };
}

/** The nodes of branches and loop bodies that would have been weighted units outside of them. */
export function skipWeighted(graph: GraphEditor): Skipped[] {
  const reason = "inside a branch or loop, where activations are not calibrated";
  return findUnits(graph)
    .filter(({ operator }) => operator.kind === "weighted")
    .map(({ node }) => skip(node, reason));
}
