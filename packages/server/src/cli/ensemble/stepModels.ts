import type { Signature } from "@longshore/core";
import type { EnsembleStep, Manifest } from "@longshore/core/manifest";
import { isCodeFile } from "../../engine/code/codeFile.ts";
import { readServable } from "../../engine/readServable.ts";
import { readEnsemble } from "../../registry/ensemble/graph.ts";
import { findSiblings } from "../../registry/ensemble/siblings.ts";
import { typeEnsemble } from "../../registry/ensemble/signature.ts";
import { versionOf } from "../../registry/ensemble/stepVersion.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { openSequenceContract } from "../../registry/sequenceOf.ts";
import { selectVersions } from "../../registry/versions.ts";

/** The model of a step as far as it is known without running it. */
export type StepModel =
  | { readonly signature: Signature }
  /** Why it is not known, in words that follow its name, and whether that can never be served. */
  | { readonly unknown: string; readonly isWrong?: true };

type Siblings = ReadonlyMap<string, readonly ModelSource[]>;

/** Reads the models of an ensemble's steps from the folders beside its own, as a server would find them. */
export async function readStepModels(
  { folder, manifest }: { readonly folder: string; readonly manifest: Manifest },
  name: string,
): Promise<StepModel[]> {
  const siblings = await findSiblings(folder);
  const steps = manifest.ensemble?.steps ?? [];
  return Promise.all(steps.map((step) => readStep(step, siblings, [name])));
}

/** What is known of each, for typing an ensemble. */
export function signaturesOf(models: readonly StepModel[]): (Signature | undefined)[] {
  return models.map((model) => ("signature" in model ? model.signature : undefined));
}

/** @param trail names of the ensembles that are being read. */
async function readStep(
  step: EnsembleStep,
  siblings: Siblings,
  trail: readonly string[],
): Promise<StepModel> {
  if (trail.includes(step.model)) {
    const circle = [...trail.slice(trail.indexOf(step.model)), step.model].join(" → ");
    return { unknown: `needs itself: ${circle}`, isWrong: true };
  }
  const sources = siblings.get(step.model);
  if (sources === undefined) return { unknown: "is not in a folder beside this one" };
  const version = versionOf(step);
  const source =
    version === undefined
      ? selectVersions(sources).candidates[0]
      : sources.find((candidate) => candidate.version === version);
  if (source === undefined)
    return { unknown: `has no version ${version ?? "to serve"}`, isWrong: true };
  try {
    return await readModel(source, siblings, [...trail, step.model]);
  } catch (error) {
    return { unknown: `cannot be read: ${(error as Error).message}` };
  }
}

async function readModel(
  source: ModelSource,
  siblings: Siblings,
  trail: readonly string[],
): Promise<StepModel> {
  const { file, manifest } = source;
  if (showsOtherShapes(manifest)) return { unknown: "shows callers other shapes than it has" };
  if (manifest.ensemble !== undefined) {
    const { graph, problems } = readEnsemble(manifest.ensemble);
    if (graph === undefined) return { unknown: `is wrong itself: ${problems[0]!.message}` };
    const models = await Promise.all(graph.steps.map((step) => readStep(step, siblings, trail)));
    const typed = typeEnsemble(graph, manifest.ensemble, signaturesOf(models));
    if (typed.signature !== undefined) return { signature: typed.signature };
    return { unknown: "is an ensemble that is not known from end to end" };
  }
  if (isCodeFile(file)) return { unknown: "is code: what it takes is known only when it runs" };
  const { servable } = await readServable(file, manifest.signature);
  const contract = manifest.sequence && (await openSequenceContract(source, servable.signature));
  return { signature: contract?.signature ?? servable.signature };
}

function showsOtherShapes({ signature = {} }: Manifest): boolean {
  const overrides = [signature.inputs ?? {}, signature.outputs ?? {}].flatMap((of) =>
    Object.values(of),
  );
  return overrides.some(({ callerShape }) => callerShape !== undefined);
}
