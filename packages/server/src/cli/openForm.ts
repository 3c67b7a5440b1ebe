import { fail } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import { codeLimitsOf, isCodeFile } from "../engine/code/codeFile.ts";
import { openChosen, type ServingTools } from "../registry/openBest.ts";
import type { ModelSource } from "../registry/scan.ts";
import type { ServedModel } from "../registry/servedModel.ts";

/** A file that answers for a bundle's model. */
export interface Form {
  readonly file: string;
  /** SHA-256 of the model that it was made from, where it is a variant. */
  readonly original?: string | undefined;
}

/**
 * Opens one form of a bundle's model as the server would, but for the golden examples: these are for
 * the caller to ask, who wants to know what it answers even if that is wrong.
 *
 * @param without keys of the manifest that are left out of account.
 * @throws LongshoreError if it cannot be loaded.
 */
export async function openForm(
  source: ModelSource,
  { file, original }: Form,
  tools: ServingTools,
  without: readonly (keyof Manifest)[] = [],
): Promise<ServedModel> {
  if (isCodeFile(source.file) && !source.codeAllowed)
    throw fail("CODE_NOT_ALLOWED", { file: source.file });
  const manifest: Manifest = { ...source.manifest };
  for (const key of ["golden", ...without] as const) delete manifest[key];
  const examination = await tools.examine(file, {
    signature: manifest.signature,
    code: codeLimitsOf(manifest),
    ...(original !== undefined && { original: { path: source.file, sha256: original } }),
  });
  return openChosen({ ...source, manifest }, { file, examination, variant: undefined }, tools);
}
