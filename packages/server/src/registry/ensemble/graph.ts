import { nearestName } from "@longshore/core";
import type {
  EnsembleSettings,
  EnsembleStep,
  ManifestPath,
  ManifestProblem,
} from "@longshore/core/manifest";
import { nameStep, suggest } from "./problem.ts";

/** Which tensors an ensemble's steps read and make: all that can be known without their models. */
export interface EnsembleGraph {
  /** Tensors that callers send, in the order of the ensemble's signature. */
  readonly inputs: readonly string[];
  /** Tensors that callers get, in the order of the ensemble's signature. */
  readonly outputs: readonly string[];
  /** As in the manifest: a step is named by its place here. */
  readonly steps: readonly EnsembleStep[];
  /** Places of all steps, each after those that make what it reads. */
  readonly order: readonly number[];
  /** The place of the step that makes a tensor; none for an input. */
  readonly makers: ReadonlyMap<string, number>;
}

/** An ensemble as its section of the manifest describes it. */
export interface ReadEnsemble {
  /** Undefined where something is wrong. */
  readonly graph: EnsembleGraph | undefined;
  readonly problems: readonly ManifestProblem[];
  /** Tensors that are made, but that nobody reads or gets: never computed. */
  readonly unused: readonly ManifestProblem[];
}

/** More than anybody wires by hand; what is derived from them is not linear in their number. */
const MAX_STEPS = 1_000;

/**
 * Reads the data flow of an ensemble: which tensor each step makes, which it waits for, and what
 * callers send and get where the manifest does not say.
 */
export function readEnsemble(settings: EnsembleSettings): ReadEnsemble {
  const { steps } = settings;
  const problems: ManifestProblem[] = [];
  if (steps.length > MAX_STEPS) {
    const message = `${steps.length} steps are over the limit of ${MAX_STEPS}`;
    return { graph: undefined, problems: [{ path: ["ensemble", "steps"], message }], unused: [] };
  }
  const makers = findMakers(steps, problems);
  const declared = settings.inputs && namesOf(settings.inputs);
  const read = new Set(steps.flatMap((step) => Object.values(step.inputs)));
  const inputs = declared ?? [...read].filter((tensor) => !makers.has(tensor));
  checkInputs(settings, inputs, makers, read, problems);
  if (declared !== undefined) checkReads(steps, declared, makers, problems);
  const outputs =
    settings.outputs === undefined
      ? [...makers.keys()].filter((tensor) => !read.has(tensor))
      : namesOf(settings.outputs);
  checkOutputs(settings, outputs, makers, problems);
  const order = orderSteps(steps, makers, problems);
  const graph =
    problems.length === 0 && order !== undefined
      ? { inputs, outputs, steps, order, makers }
      : undefined;
  return { graph, problems, unused: findUnused(steps, read, outputs) };
}

/** Names of tensors, in whichever form they are given. */
export function namesOf(tensors: NonNullable<EnsembleSettings["inputs"]>): readonly string[] {
  return Array.isArray(tensors) ? tensors : Object.keys(tensors);
}

function pathOf(
  kind: "inputs" | "outputs",
  settings: EnsembleSettings,
  name: string,
): ManifestPath {
  const tensors = settings[kind];
  if (tensors === undefined) return ["ensemble", "steps"];
  return ["ensemble", kind, Array.isArray(tensors) ? tensors.lastIndexOf(name) : name];
}

function findMakers(
  steps: readonly EnsembleStep[],
  problems: ManifestProblem[],
): Map<string, number> {
  const makers = new Map<string, number>();
  for (const [index, step] of steps.entries()) {
    if (Object.keys(step.outputs).length === 0) {
      const path = ["ensemble", "steps", index, "outputs"];
      problems.push({ path, message: `names no output of "${step.model}"` });
    }
    for (const [output, tensor] of Object.entries(step.outputs)) {
      const other = makers.get(tensor);
      if (other === undefined) {
        makers.set(tensor, index);
        continue;
      }
      const path = ["ensemble", "steps", index, "outputs", output];
      const message = `${nameStep(other, steps[other]!)} makes "${tensor}" already`;
      problems.push({ path, message, suggestion: "give one of the two another name" });
    }
  }
  return makers;
}

function checkInputs(
  settings: EnsembleSettings,
  inputs: readonly string[],
  makers: ReadonlyMap<string, number>,
  read: ReadonlySet<string>,
  problems: ManifestProblem[],
): void {
  for (const [index, name] of inputs.entries()) {
    const path = pathOf("inputs", settings, name);
    const atKey = !Array.isArray(settings.inputs);
    const maker = makers.get(name);
    if (inputs.indexOf(name) < index) {
      problems.push({ path, message: `"${name}" stands twice` });
    } else if (maker !== undefined) {
      const message = `"${name}" is made by ${nameStep(maker, settings.steps[maker]!)}: callers cannot send it`;
      problems.push({ path, atKey, message });
    } else if (!read.has(name)) {
      const unmade = [...read].filter((tensor) => !makers.has(tensor) && !inputs.includes(tensor));
      const suggestion = suggest(nearestName(name, unmade), [...read]);
      problems.push({ path, atKey, message: `no step reads "${name}"`, suggestion });
    }
  }
}

function checkReads(
  steps: readonly EnsembleStep[],
  inputs: readonly string[],
  makers: ReadonlyMap<string, number>,
  problems: ManifestProblem[],
): void {
  const known = [...inputs, ...makers.keys()];
  for (const [index, step] of steps.entries()) {
    for (const [input, tensor] of Object.entries(step.inputs)) {
      if (known.includes(tensor)) continue;
      const path = ["ensemble", "steps", index, "inputs", input];
      const message = `"${tensor}" is no input of the ensemble, and no step makes it`;
      problems.push({ path, message, suggestion: suggest(nearestName(tensor, known), known) });
    }
  }
}

function checkOutputs(
  settings: EnsembleSettings,
  outputs: readonly string[],
  makers: ReadonlyMap<string, number>,
  problems: ManifestProblem[],
): void {
  const made = [...makers.keys()];
  for (const [index, name] of outputs.entries()) {
    const path = pathOf("outputs", settings, name);
    if (outputs.indexOf(name) < index) {
      problems.push({ path, message: `"${name}" stands twice` });
    } else if (!makers.has(name)) {
      const atKey = !Array.isArray(settings.outputs);
      const suggestion = suggest(nearestName(name, made), made);
      problems.push({ path, atKey, message: `no step makes "${name}"`, suggestion });
    }
  }
}

/** Places of the steps in an order in which they can run; undefined where they wait in a circle. */
function orderSteps(
  steps: readonly EnsembleStep[],
  makers: ReadonlyMap<string, number>,
  problems: ManifestProblem[],
): number[] | undefined {
  const order: number[] = [];
  const done = new Set<number>();
  /** The steps that are being looked at, and the tensor that each waits for. */
  const trail: { index: number; tensor: string }[] = [];
  const visit = (index: number): boolean => {
    if (done.has(index)) return true;
    const start = trail.findIndex((waiting) => waiting.index === index);
    if (start >= 0) {
      const waits = trail.slice(start).map(({ tensor }) => {
        const maker = makers.get(tensor)!;
        return `waits for "${tensor}" of ${nameStep(maker, steps[maker]!)}`;
      });
      const message = `the steps go in a circle: ${nameStep(index, steps[index]!)} ${waits.join(", which ")}`;
      problems.push({ path: ["ensemble", "steps", index], message });
      return false;
    }
    for (const tensor of Object.values(steps[index]!.inputs)) {
      const maker = makers.get(tensor);
      if (maker === undefined) continue;
      trail.push({ index, tensor });
      if (!visit(maker)) return false;
      trail.pop();
    }
    done.add(index);
    order.push(index);
    return true;
  };
  return steps.every((_, index) => visit(index)) ? order : undefined;
}

function findUnused(
  steps: readonly EnsembleStep[],
  read: ReadonlySet<string>,
  outputs: readonly string[],
): ManifestProblem[] {
  return steps.flatMap((step, index) =>
    Object.entries(step.outputs)
      .filter(([, tensor]) => !read.has(tensor) && !outputs.includes(tensor))
      .map(([output, tensor]) => ({
        path: ["ensemble", "steps", index, "outputs", output],
        message: `nobody uses "${tensor}"`,
        suggestion: "take it out, or name it among the ensemble's outputs",
      })),
  );
}
