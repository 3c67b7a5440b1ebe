import type { Signature } from "@longshore/core";
import type { LoweredColumn, Pipeline, PlacedStep, StepConfig } from "@longshore/core/pipeline";
import { node, tensorType } from "../build.ts";
import { freshName, renameValue } from "../edit.ts";
import { editModel } from "../graph/editor.ts";
import { foldIntoLayer } from "./foldIntoLayer.ts";
import type { Graph, Model, Node, ValueInfo } from "../proto/types.ts";
import { callerInputs } from "../signature.ts";
import { enter, leave, type Border } from "./border.ts";
import { graphBuilder } from "./graphBuilder.ts";
import { lowerEach } from "./lowerEach.ts";
import { planAfter, rowsOf, type AfterPlan } from "./planAfter.ts";
import { feed, NOT_LOWERABLE, planBefore, type BeforePlan } from "./planBefore.ts";
import { readyModel } from "./readyModel.ts";

/** A model with steps of its pipeline in its graph, and what is left outside. */
export interface FusedPipeline {
  readonly model: Model;
  /** The pipeline around it: gives the same answers as the whole one around the original. */
  readonly before: readonly StepConfig[];
  readonly after: readonly StepConfig[];
  /** How many steps of the original's `before` and `after` it begins and ends with. */
  readonly kept: { readonly before: number; readonly after: number };
  /** What became of each step of the original. */
  readonly steps: readonly StepFate[];
  /** What was done to the model beside it, in words. */
  readonly changes: readonly string[];
}

/** Whether a step is in the graph now, or why it is not. */
export interface StepFate {
  readonly phase: "before" | "after";
  readonly index: number;
  readonly step: string;
  readonly fused: boolean;
  readonly reason?: string;
}

/**
 * Puts the steps next to a model into its graph: the longest run before it and the longest run after
 * it that can be lowered. Number and text columns that cross the border do so as one FP32 and one
 * BYTES matrix; `combine` and `split` outside bring them into and out of that form.
 *
 * A number in a graph is of single precision, a missing text is an empty one.
 *
 * @param model with tensors for inputs and outputs, as `toServable` makes it, under the names and
 *   shapes of `signature`.
 * @param pipeline made ready for that signature.
 * @throws RangeError in words if the model's opset cannot be brought to one that has the operators.
 */
export function fusePipeline(
  model: Model,
  signature: Signature,
  pipeline: Pipeline,
): FusedPipeline {
  const ready = readyModel(model);
  if (typeof ready === "string") throw new RangeError(ready);
  const plan = makePlan(pipeline, signature);
  const { before, after } = plan;
  const steps = fates(pipeline, plan);
  const outside = {
    before: pipeline.steps.before.slice(0, before.from).map(({ config }) => config),
    after: pipeline.steps.after.slice(after.until).map(({ config }) => config),
  };
  const kept = { before: outside.before.length, after: outside.after.length };
  if (!steps.some(({ fused }) => fused)) return { model, ...outside, kept, steps, changes: [] };
  return {
    model: foldIntoLayer(write(ready.model, signature, pipeline, plan), isLowered),
    before: [...outside.before, ...plan.entry.steps],
    after: [...after.border.steps, ...namings(pipeline, signature, after), ...outside.after],
    kept,
    steps,
    changes: ready.changes,
  };
}

/** What the names of lowered nodes begin with. */
const BEFORE = "before";
const AFTER = "after";

function isLowered({ name = "" }: Node): boolean {
  return name.startsWith(`${BEFORE}/`);
}

/** What goes into the graph, and how columns cross into it and out of it. */
interface Plan {
  readonly before: BeforePlan;
  readonly entry: ReturnType<typeof enter>;
  readonly after: AfterPlan;
}

function makePlan(pipeline: Pipeline, signature: Signature): Plan {
  const fused = planWith(planBefore(pipeline.steps.before, signature), pipeline, signature);
  if (fused) return fused;
  // A column cannot leave under a name that an input has now: all inputs stay as they are.
  const { types } = pipeline.steps.before.at(-1)?.prepared ?? { types: new Map() };
  const before: BeforePlan = {
    from: pipeline.steps.before.length,
    types,
    names: [],
    direct: new Set(signature.inputs.map(({ name }) => name)),
    reason: "a step after the model needs a column under the name that an input would have",
  };
  const plan = planWith(before, pipeline, signature);
  if (plan === undefined) throw new TypeError("a pipeline without lowered steps does not fit");
  return plan;
}

function planWith(before: BeforePlan, pipeline: Pipeline, signature: Signature): Plan | undefined {
  const whole = before.from === pipeline.steps.before.length;
  const direct = whole ? new Set(signature.inputs.map(({ name }) => name)) : before.direct;
  const taken = namesIn(pipeline, signature);
  const rows = signature.inputs[0]?.shape[0] ?? "N";
  const entry = enter(before.types, before.names, direct, taken, rows);
  const inputs = new Set([...direct, ...entry.specs.map(({ name }) => name)]);
  const after = planAfter(
    pipeline,
    signature,
    modelColumns(signature, (name) => (direct.has(name) ? name : `${name} inside`)),
    inputs,
    new Set([...taken, ...inputs]),
  );
  return after && { before: { ...before, direct }, entry, after };
}

/** The columns that steps after the model begin with. */
function modelColumns(
  { inputs, outputs }: Signature,
  valueOf: (name: string) => string,
): Map<string, LoweredColumn> {
  return new Map(
    [...inputs, ...outputs].map(({ name, datatype, shape }): [string, LoweredColumn] => [
      name,
      { kind: "tensor", value: valueOf(name), datatype, shape: shape.slice(1) },
    ]),
  );
}

/** Every name of a column, an input or an output. */
function namesIn({ steps, inputs }: Pipeline, signature: Signature): Set<string> {
  const placed = [...steps.before, ...steps.after];
  return new Set([
    ...Object.keys(inputs),
    ...[...signature.inputs, ...signature.outputs].map(({ name }) => name),
    ...placed.flatMap(({ types, prepared }) => [...types.keys(), ...prepared.types.keys()]),
  ]);
}

/** Names of classes, which a graph has no place for. */
function namings(
  pipeline: Pipeline,
  signature: Signature,
  { until, border }: AfterPlan,
): StepConfig[] {
  const { after } = pipeline.steps;
  const types = after[until]?.types ?? after.at(-1)?.prepared.types;
  return border.specs.flatMap(({ name }) => {
    const type = types?.get(name);
    const labels =
      type?.kind === "tensor"
        ? type.labels
        : types === undefined
          ? signature.outputs.find((spec) => spec.name === name)?.labels
          : undefined;
    return labels ? [{ step: "labels", column: name, labels }] : [];
  });
}

function fates({ steps }: Pipeline, { before, after }: Plan): StepFate[] {
  const tell = (
    placed: readonly PlacedStep[],
    phase: "before" | "after",
    isFused: (index: number) => boolean,
    border: number,
    reason: string,
  ): StepFate[] =>
    placed.map(({ config: { step }, prepared }, index) => {
      if (isFused(index)) return { phase, index, step, fused: true };
      if (prepared.lower === undefined)
        return { phase, index, step, fused: false, reason: NOT_LOWERABLE };
      const blocker = placed[border]?.config.step ?? "";
      const where = phase === "before" ? "before" : "behind";
      const why = index === border ? reason : `stands ${where} \`${blocker}\`, which stays outside`;
      return { phase, index, step, fused: false, reason: why };
    });
  return [
    ...tell(steps.before, "before", (i) => i >= before.from, before.from - 1, before.reason),
    ...tell(steps.after, "after", (i) => i < after.until, after.until, after.reason),
  ];
}

/** The graph itself. */
function write(model: Model, signature: Signature, pipeline: Pipeline, plan: Plan): Model {
  const { before, entry, after } = plan;
  const inner = new Map<string, string>();
  let { graph } = model;
  const reserve = (name: string): void => {
    const free = freshName(graph, `${name}_model`);
    graph = renameValue(graph, name, free);
    inner.set(name, free);
  };
  // What the graph makes or took under a name that is one of its inputs or outputs now.
  const outer = [...entry.specs, ...after.border.specs].map(({ name }) => name);
  for (const { name } of signature.inputs) if (!before.direct.has(name)) reserve(name);
  for (const { name } of signature.outputs) if (!inner.has(name)) reserve(name);
  for (const name of outer)
    if (!inner.has(name) && !before.direct.has(name) && freshName(graph, name) !== name)
      reserve(name);
  const innerOf = (name: string): string => inner.get(name) ?? name;

  const base: Model = { ...model, graph: withBorders(graph, signature, plan) };
  return editModel(base, (editor) => {
    if (editor.outer) return;
    const come = { builder: graphBuilder(editor, BEFORE), columns: new Map(entry.columns) };
    lowerEach(pipeline.steps.before.slice(before.from), come);
    const fed = new Map<string, string>();
    for (const spec of signature.inputs) {
      if (before.direct.has(spec.name)) continue;
      const value = feed(come, spec);
      fed.set(innerOf(spec.name), value);
      editor.redirect(innerOf(spec.name), value);
    }
    const valueOf = (name: string): string => fed.get(innerOf(name)) ?? innerOf(name);
    const go = {
      builder: graphBuilder(editor, AFTER),
      columns: modelColumns(signature, valueOf),
    };
    lowerEach(pipeline.steps.after.slice(0, after.until), go);
    const { values } = leave(go, after.names, new Set(), rowsOf(signature));
    values.forEach((value, index) =>
      editor.add(node("Identity", [value], [after.border.specs[index]!.name])),
    );
    editor.removeUnused();
  });
}

/** The graph with its new inputs and outputs; who reads and makes them is still to come. */
function withBorders(graph: Graph, signature: Signature, { before, entry, after }: Plan): Graph {
  const callers = new Set(callerInputs(graph).map(({ name }) => name));
  const known = new Map(graph.inputs.map((input) => [input.name, input]));
  const stay = signature.inputs.filter(({ name }) => before.direct.has(name));
  const defaults = graph.inputs.filter(({ name }) => !callers.has(name));
  return {
    ...graph,
    inputs: [
      ...stay.map(({ name }) => known.get(name)!),
      ...entry.specs.map(toValueInfo),
      ...defaults,
    ],
    outputs: after.border.specs.map(toValueInfo),
  };
}

function toValueInfo({ name, datatype, shape }: Border["specs"][number]): ValueInfo {
  return { name, type: tensorType(datatype, shape) };
}
