import { fail } from "@longshore/core";
import { isCodeFile } from "../engine/code/codeFile.ts";
import { readCpuFacts } from "../engine/cpuFeatures.ts";
import type { Pool } from "../engine/pool.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { worksInThreads, type ProcessingThreads } from "../processing/threads.ts";
import { computeSessions } from "./computeSessions.ts";
import type { FindModel } from "./ensemble/computeEnsemble.ts";
import { describeMisses } from "./golden.ts";
import type { Quarantine } from "./quarantine.ts";
import type { ModelSource } from "./scan.ts";
import { openServedModel, type ServedModel } from "./servedModel.ts";
import { chooseFile, type ChosenFile, type Examine } from "./variants.ts";

/** What models are opened with. */
export interface ServingTools {
  readonly pool: Pool;
  readonly metrics: Metrics;
  readonly threads: ProcessingThreads;
  /** Reads, checks and tries a model file, with as much isolation as the host wants. */
  readonly examine: Examine;
  /** Models that are not to be opened; absent where there are none. */
  readonly quarantine?: Quarantine | undefined;
}

/**
 * Opens the best form of a model for this CPU that answers the bundle's golden examples as it
 * should: a variant, else the original.
 *
 * @param find the models that ensembles are computed by.
 * @param onVariantFailed told of each variant that would have fitted, but is of no use, and why.
 * @throws LongshoreError if the original cannot be loaded, or gives wrong golden answers, either.
 */
export async function openBest(
  source: ModelSource,
  tools: ServingTools,
  find: FindModel,
  onVariantFailed: (variant: string, problem: string) => void,
): Promise<ServedModel> {
  if (source.manifest.ensemble !== undefined) {
    const { openEnsemble } = await import("./ensemble/openEnsemble.ts");
    return openEnsemble(source, tools, find);
  }
  if (isCodeFile(source.file) && !source.codeAllowed)
    throw fail("CODE_NOT_ALLOWED", { file: source.file });
  tools.quarantine?.check(source);
  // A thread starts while the model is tried.
  if (worksInThreads(source.manifest)) tools.threads.warmUp();
  const cpu = await readCpuFacts();
  const excluded = new Set<string>();
  const exclude = (variant: string, problem: string): void => {
    excluded.add(variant);
    onVariantFailed(variant, problem);
  };
  for (;;) {
    const chosen = await chooseFile(
      source,
      cpu,
      tools.examine,
      ({ name }, problem) => exclude(name, problem),
      excluded,
    );
    const served = await openChosen(source, chosen, tools);
    if (served.golden?.passed !== false) return served;
    const misses = describeMisses(served.golden);
    await served.close();
    if (chosen.file === source.file)
      throw fail("MODEL_LOAD_FAILED", { model: source.name, reason: misses });
    exclude(chosen.variant!.name, misses);
  }
}

/** Opens one examined form of a model, whatever it answers to the golden examples. */
export async function openChosen(
  source: ModelSource,
  chosen: ChosenFile,
  tools: ServingTools,
): Promise<ServedModel> {
  const compute = await computeSessions(source, chosen, tools);
  try {
    return await openServedModel(source, compute, chosen.variant, tools);
  } catch (error) {
    await compute.close();
    throw error;
  }
}
