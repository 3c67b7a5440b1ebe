import { fail, type Signature } from "@longshore/core";
import { readEnsemble } from "../../registry/ensemble/graph.ts";
import { nameStep } from "../../registry/ensemble/problem.ts";
import { typeEnsemble } from "../../registry/ensemble/signature.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { formatTable } from "../table.ts";
import { readStepModels, signaturesOf } from "./stepModels.ts";

/** What an ensemble is made of. */
export interface EnsembleInspection {
  readonly steps: readonly {
    readonly model: string;
    readonly version?: number | undefined;
    readonly inputs: Readonly<Record<string, string>>;
    readonly outputs: Readonly<Record<string, string>>;
  }[];
  /** Undefined where the models beside it do not tell it. */
  readonly signature: Signature | undefined;
  /** What is not known, or does not fit, a line each. */
  readonly notes: readonly string[];
}

/**
 * Reads an ensemble and the models beside it.
 *
 * @throws LongshoreError MANIFEST_INVALID where its data flow is wrong.
 */
export async function inspectEnsemble(source: ModelSource): Promise<EnsembleInspection> {
  const settings = source.manifest.ensemble!;
  const { graph, problems } = readEnsemble(settings);
  if (graph === undefined) {
    throw fail("MANIFEST_INVALID", { file: source.file, problem: problems[0]!.message });
  }
  const models = await readStepModels(source, source.name);
  const typed = typeEnsemble(graph, settings, signaturesOf(models));
  const unknown = models.flatMap((model, index) =>
    "unknown" in model ? [`${nameStep(index, settings.steps[index]!)} ${model.unknown}`] : [],
  );
  const notes = [...unknown, ...typed.problems.map(({ message }) => message)];
  return { steps: settings.steps, signature: typed.signature, notes };
}

/** A line a step: its model, what it reads and what it makes. */
export function stepTable({ steps }: EnsembleInspection): string {
  const pairs = (of: Readonly<Record<string, string>>): string =>
    Object.entries(of)
      .map(([name, tensor]) => (name === tensor ? name : `${name}: ${tensor}`))
      .join(", ");
  return formatTable(
    steps.map(({ model, version, inputs, outputs }, index) => [
      index + 1,
      version === undefined ? model : `${model}, version ${version}`,
      pairs(inputs),
      pairs(outputs),
    ]),
    ["step", "model", "reads", "makes"],
  );
}
