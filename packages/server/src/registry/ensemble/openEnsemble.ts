import { fail } from "@longshore/core";
import { describeMisses } from "../golden.ts";
import type { ServingTools } from "../openBest.ts";
import type { ModelSource } from "../scan.ts";
import { openServedModel, type ServedModel } from "../servedModel.ts";
import { toSettingsError } from "../settingsError.ts";
import { computeEnsemble, type FindModel } from "./computeEnsemble.ts";
import { EnsembleProblem } from "./problem.ts";

/**
 * Opens an ensemble whose models are served, if it answers its golden examples as it should.
 *
 * @throws LongshoreError MANIFEST_INVALID with the place in `bundle.yaml`; that of a step whose model
 *   does not answer; MODEL_LOAD_FAILED for wrong golden answers.
 */
export async function openEnsemble(
  source: ModelSource,
  tools: Pick<ServingTools, "metrics" | "threads">,
  find: FindModel,
): Promise<ServedModel> {
  const { name, manifest } = source;
  let compute;
  try {
    compute = computeEnsemble(name, manifest, find);
  } catch (error) {
    throw error instanceof EnsembleProblem ? await toSettingsError(source, error) : error;
  }
  const served = await openServedModel(source, compute, undefined, tools);
  if (served.golden?.passed !== false) return served;
  const reason = describeMisses(served.golden);
  await served.close();
  throw fail("MODEL_LOAD_FAILED", { model: name, reason });
}
