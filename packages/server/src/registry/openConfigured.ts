import { fail } from "@longshore/core";
import type { ConfiguredModel } from "@longshore/core/tfserving";
import { withoutFolder, type Entry } from "./entries.ts";
import type { FoundSources } from "./findSources.ts";
import type { ModelSource } from "./scan.ts";
import type { ServedModel } from "./servedModel.ts";
import { selectVersions } from "./versions.ts";

/**
 * Opens what a list of models needs and is not served yet: all of it, or nothing.
 *
 * Every model of the list must have a version that answers, and every label one that does. Ensembles
 * are left to be opened after the models that they need.
 *
 * @param entryOf what is known of a version so far.
 * @returns new entries, which nothing answers with yet.
 * @throws LongshoreError MODEL_LOAD_FAILED, LABEL_UNAVAILABLE.
 */
export async function openConfigured(
  models: readonly ConfiguredModel[],
  { byName, problems }: FoundSources,
  entryOf: (name: string, version: string) => Entry | undefined,
  open: (source: ModelSource) => Promise<ServedModel>,
): Promise<Entry[]> {
  const opened: Entry[] = [];
  const listed = new Set(models.map(({ name }) => name));

  /** Numbers of the versions that will answer. */
  const openModel = async ({ name }: ConfiguredModel): Promise<Set<string>> => {
    const answering = new Set<string>();
    const { candidates, count } = selectVersions(byName.get(name) ?? []);
    let reason =
      problems.find((problem) => problem.name === name)?.callersReason ??
      "there is no such version";
    for (const source of candidates) {
      if (answering.size === count) break;
      const { version, fingerprint, manifest } = source;
      const entry = entryOf(name, version);
      const answers = entry?.served !== undefined && entry.source.fingerprint === fingerprint;
      const missing = manifest.ensemble?.steps.find((step) => !listed.has(step.model));
      if (missing !== undefined) {
        reason = `it needs the model "${missing.model}", which is not in the list`;
        continue;
      }
      if (answers || manifest.ensemble !== undefined) {
        answering.add(version);
        continue;
      }
      try {
        opened.push({ source, state: "READY", reason: "", served: await open(source) });
        answering.add(version);
      } catch (error) {
        reason = withoutFolder(error instanceof Error ? error.message : String(error), source);
      }
    }
    if (answering.size === 0) throw fail("MODEL_LOAD_FAILED", { model: name, reason });
    return answering;
  };

  try {
    for (const model of models) {
      const answering = await openModel(model);
      for (const [label, version] of model.labels) {
        if (answering.has(version)) continue;
        throw fail("LABEL_UNAVAILABLE", { label, version, model: model.name });
      }
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map(({ served }) => served?.close()));
    throw error;
  }
}
