import { basename, resolve } from "node:path";
import type { Signature } from "@longshore/core";
import { checkSections } from "../../registry/ensemble/checkSections.ts";
import { readEnsemble } from "../../registry/ensemble/graph.ts";
import { typeEnsemble } from "../../registry/ensemble/signature.ts";
import { readStepModels, signaturesOf } from "../ensemble/stepModels.ts";
import type { CheckedBundle } from "./finding.ts";

/**
 * Checks an ensemble: its data flow, and what passes between the models of its steps as far as they
 * lie beside it.
 *
 * @returns what callers send and get; undefined where something is wrong, or a model is not known.
 */
export async function checkEnsemble(bundle: CheckedBundle): Promise<Signature | undefined> {
  const { folder, read } = bundle;
  const { manifest } = read;
  const settings = manifest.ensemble!;
  const { graph, problems, unused } = readEnsemble(settings);
  for (const problem of [...checkSections(manifest), ...problems])
    bundle.inManifest("error", problem);
  for (const problem of unused) bundle.inManifest("warning", problem);
  if (graph === undefined) return undefined;
  const name = manifest.name ?? basename(resolve(folder));
  const models = await readStepModels({ folder, manifest }, name);
  for (const [index, model] of models.entries()) {
    if (!("unknown" in model)) continue;
    const path = ["ensemble", "steps", index, "model"];
    const message = `"${settings.steps[index]!.model}" ${model.unknown}`;
    if (model.isWrong) bundle.inManifest("error", { path, message });
    else bundle.inManifest("note", { path, message: `${message}, so this step is not checked` });
  }
  const typed = typeEnsemble(graph, settings, signaturesOf(models));
  for (const problem of typed.problems) bundle.inManifest("error", problem);
  return typed.signature;
}
