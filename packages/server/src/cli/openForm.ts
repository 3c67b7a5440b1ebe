import { fail } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import { codeLimitsOf, isCodeFile } from "../engine/code/codeFile.ts";
import { createModelHost } from "../modelHost.ts";
import type { FindModel } from "../registry/ensemble/computeEnsemble.ts";
import { openEnsemble } from "../registry/ensemble/openEnsemble.ts";
import { pathsToServe } from "../registry/ensemble/siblings.ts";
import { openChosen, type ServingTools } from "../registry/openBest.ts";
import type { ModelSource } from "../registry/scan.ts";
import type { ServedModel } from "../registry/servedModel.ts";

/** A file that answers for a bundle's model. */
export interface Form {
  readonly file: string;
  /** SHA-256 of the model that it was made from, where it is a variant. */
  readonly original?: string | undefined;
}

/** What forms are opened with. */
export interface FormTools extends ServingTools {
  /** The models that ensembles are computed by. */
  readonly find: FindModel;
}

/** Makes what forms of a bundle are opened with; of an ensemble, the models beside it that it needs. */
export async function openFormHost({
  folder,
  manifest,
  codeAllowed: allowCode,
}: ModelSource): Promise<{ readonly tools: FormTools } & AsyncDisposable> {
  const { paths } =
    manifest.ensemble === undefined ? { paths: [folder] } : await pathsToServe(folder);
  const host = createModelHost({ paths: paths.slice(1), isolateTrials: false, allowCode });
  await host.registry.sync(false);
  const find: FindModel = (name, version) => host.registry.get(name, version);
  return {
    tools: { ...host.tools, find },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/**
 * Opens one form of a bundle's model as the server would, but for the golden examples: these are for
 * the caller to ask, who wants to know what it answers even if that is wrong.
 *
 * @param tools of {@link openFormHost}.
 * @param without keys of the manifest that are left out of account.
 * @throws LongshoreError if it cannot be loaded.
 */
export async function openForm(
  source: ModelSource,
  { file, original }: Form,
  tools: FormTools,
  without: readonly (keyof Manifest)[] = [],
): Promise<ServedModel> {
  const manifest: Manifest = { ...source.manifest };
  for (const key of ["golden", ...without] as const) delete manifest[key];
  if (manifest.ensemble !== undefined)
    return openEnsemble({ ...source, manifest }, tools, tools.find);
  if (isCodeFile(source.file) && !source.codeAllowed)
    throw fail("CODE_NOT_ALLOWED", { file: source.file });
  const examination = await tools.examine(file, {
    signature: manifest.signature,
    session: manifest.session,
    code: codeLimitsOf(manifest),
    ...(original !== undefined && { original: { path: source.file, sha256: original } }),
  });
  return openChosen({ ...source, manifest }, { file, examination, variant: undefined }, tools);
}
