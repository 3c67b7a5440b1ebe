import {
  formatSpec,
  nearestName,
  type Datatype,
  type Dimension,
  type Signature,
  type TensorSpec,
} from "@longshore/core";
import type {
  EnsembleSettings,
  EnsembleStep,
  ManifestPath,
  ManifestProblem,
} from "@longshore/core/manifest";
import type { EnsembleGraph } from "./graph.ts";
import { nameStep, suggest } from "./problem.ts";

/** What is known of a tensor between steps. */
export interface KnownTensor {
  readonly datatype: Datatype | undefined;
  readonly shape: readonly Dimension[] | undefined;
  readonly labels?: readonly string[];
  /** Who says so, as a message goes on: `step 1 ("a") makes it as FP32[-1,3]`. */
  readonly said: string;
}

export type KnownTensors = ReadonlyMap<string, KnownTensor>;

/** An ensemble with the models of its steps. */
export interface TypedEnsemble {
  /** What callers send and get; undefined where something is wrong. */
  readonly signature: Signature | undefined;
  /** Every tensor of the ensemble, as narrow as all who make or read it have it. */
  readonly tensors: KnownTensors;
  readonly problems: readonly ManifestProblem[];
}

/**
 * Derives types and shapes of an ensemble's tensors from the models of its steps, and checks what the
 * manifest declares against them.
 *
 * @param models what the model of each step takes and gives; undefined for one that is not known,
 *   around which nothing is checked.
 */
export function typeEnsemble(
  graph: EnsembleGraph,
  settings: EnsembleSettings,
  models: readonly (Signature | undefined)[],
): TypedEnsemble {
  const tensors = new Map(declarationsOf(settings));
  const problems: ManifestProblem[] = [];
  for (const index of graph.order) {
    const model = models[index];
    if (model !== undefined) problems.push(...fitStep(index, graph.steps[index]!, model, tensors));
  }
  const complete = problems.length === 0 && models.every((model) => model !== undefined);
  return { signature: complete ? toSignature(graph, tensors) : undefined, tensors, problems };
}

/**
 * Fits the model of a step to what is known of its tensors: each input of the model gets a tensor
 * that it takes, and each tensor that the step makes is an output that fits those who know it.
 *
 * @param tensors takes up what the model says of them.
 */
export function fitStep(
  index: number,
  step: EnsembleStep,
  model: Signature,
  tensors: Map<string, KnownTensor>,
): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  for (const kind of ["inputs", "outputs"] as const) {
    const word = kind === "inputs" ? "input" : "output";
    const names = model[kind].map(({ name }) => name);
    for (const [name, tensor] of Object.entries(step[kind])) {
      const path = ["ensemble", "steps", index, kind, name];
      const spec = model[kind].find((candidate) => candidate.name === name);
      if (spec === undefined) {
        const message = `the model "${step.model}" has no ${word} "${name}"`;
        const free = names.filter((candidate) => !Object.hasOwn(step[kind], candidate));
        const suggestion = suggest(nearestName(name, free), names);
        problems.push({ path, atKey: true, message, suggestion });
        continue;
      }
      const verb = kind === "inputs" ? "takes" : "makes";
      const said = `${nameStep(index, step)} ${verb} ${formatSpec(spec)}`;
      problems.push(...learn(tensors, tensor, { ...spec, said }, path));
    }
  }
  // A mistyped name is one mistake, though the right one is missing too.
  const isMistyped = (name: string): boolean => !model.inputs.some((spec) => spec.name === name);
  if (Object.keys(step.inputs).some(isMistyped)) return problems;
  for (const spec of model.inputs) {
    if (Object.hasOwn(step.inputs, spec.name)) continue;
    const path = ["ensemble", "steps", index, "inputs"];
    const message = `gives no tensor to the input "${spec.name}", ${formatSpec(spec)}, of "${step.model}"`;
    problems.push({ path, message });
  }
  return problems;
}

/** Adds to what is known of a tensor; a contradiction is a problem. */
function learn(
  tensors: Map<string, KnownTensor>,
  tensor: string,
  news: KnownTensor,
  path: ManifestPath,
): ManifestProblem[] {
  const known = tensors.get(tensor);
  if (known === undefined) {
    tensors.set(tensor, news);
    return [];
  }
  const contradiction = [{ path, message: `"${tensor}": ${known.said}, but ${news.said}` }];
  const { datatype = known.datatype } = news;
  if (known.datatype !== undefined && datatype !== known.datatype) return contradiction;
  const shape = narrow(known.shape, news.shape);
  if (shape === "none") return contradiction;
  // Who spoke first is the one that messages name: the declaration, or the step that makes it.
  const labels = known.labels ?? news.labels;
  tensors.set(tensor, { datatype, shape, said: known.said, ...(labels && { labels }) });
  return [];
}

/** The shape that fits two others: a length before a symbol, and of two symbols the first. */
function narrow(
  one: readonly Dimension[] | undefined,
  other: readonly Dimension[] | undefined,
): readonly Dimension[] | undefined | "none" {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.length !== other.length) return "none";
  const fits = one.every((axis, place) => {
    const own = other[place];
    return typeof axis === "string" || typeof own === "string" || axis === own;
  });
  if (!fits) return "none";
  return one.map((axis, place) => {
    const own = other[place]!;
    const isUnknown = axis === "?" || (typeof axis === "string" && typeof own === "number");
    return isUnknown ? own : axis;
  });
}

function* declarationsOf(settings: EnsembleSettings): Generator<[string, KnownTensor]> {
  for (const kind of ["inputs", "outputs"] as const) {
    const declared = settings[kind];
    if (declared === undefined || Array.isArray(declared)) continue;
    for (const [name, { datatype, shape }] of Object.entries(declared)) {
      if (datatype === undefined && shape === undefined) continue;
      const axes = shape?.map((axis) => (axis === -1 ? "?" : axis));
      const type = datatype ?? "";
      const lengths = axes === undefined ? "" : formatShape(axes);
      yield [name, { datatype, shape: axes, said: `ensemble.${kind} says ${type}${lengths}` }];
    }
  }
}

function formatShape(shape: readonly Dimension[]): string {
  return `[${shape.map((axis) => (typeof axis === "number" ? axis : -1)).join(",")}]`;
}

function toSignature(graph: EnsembleGraph, tensors: KnownTensors): Signature {
  const toSpec = (name: string): TensorSpec => {
    const { datatype, shape, labels } = tensors.get(name)!;
    return { name, datatype: datatype!, shape: shape!, ...(labels && { labels }) };
  };
  return { inputs: graph.inputs.map(toSpec), outputs: graph.outputs.map(toSpec) };
}
