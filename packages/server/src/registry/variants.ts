import { join, dirname } from "node:path";
import type { Variant } from "@longshore/core/manifest";
import { isTargetName, meetsNeeds, TARGETS, type CpuFacts } from "@longshore/onnx/serving";
import { codeLimitsOf } from "../engine/code/codeFile.ts";
import type { AboutModel, Examination } from "../engine/examine.ts";
import type { ModelSource } from "./scan.ts";

/** Reads, checks and tries a model file. */
export type Examine = (path: string, about?: AboutModel) => Promise<Examination>;

/** The file that answers for a model. */
export interface ChosenFile {
  readonly file: string;
  readonly examination: Examination;
  /** Which variant it is, and why; undefined where the bundle has none. */
  readonly variant: ServedVariant | undefined;
}

export interface ServedVariant {
  /** `original` for the model that the variants were made from. */
  readonly name: string;
  readonly reason: string;
}

/** The variants that are made for a CPU, the one that asks most of it first. */
export function fittingVariants(variants: readonly Variant[], cpu: CpuFacts): Variant[] {
  return variants
    .filter(({ target }) => isTargetName(target) && meetsNeeds(TARGETS[target], cpu))
    .toSorted((a, b) => featuresOf(b) - featuresOf(a));
}

function featuresOf({ target }: Variant): number {
  return isTargetName(target) ? (TARGETS[target].cpu?.features.length ?? 0) : 0;
}

/**
 * Chooses the file to serve: the best variant for this CPU that can be loaded and was made from the
 * model that is there now, else the original.
 *
 * @param excluded names of variants that were tried and are of no use.
 * @param onProblem told of each variant that would have fitted, but is of no use.
 * @throws LongshoreError if the original cannot be loaded either.
 */
export async function chooseFile(
  { file, manifest }: ModelSource,
  cpu: CpuFacts,
  examine: Examine,
  onProblem: (variant: Variant, problem: string) => void,
  excluded: ReadonlySet<string> = new Set(),
): Promise<ChosenFile> {
  const { variants = [], signature, session } = manifest;
  const fitting = fittingVariants(variants, cpu).filter(({ name }) => !excluded.has(name));
  for (const variant of fitting) {
    const path = join(dirname(file), variant.model);
    try {
      const examination = await examine(path, {
        signature,
        session,
        original: { path: file, sha256: variant.original },
      });
      const reason = `made for ${variant.target}`;
      return { file: path, examination, variant: { name: variant.name, reason } };
    } catch (error) {
      onProblem(variant, error instanceof Error ? error.message : String(error));
    }
  }
  const examination = await examine(file, { signature, session, code: codeLimitsOf(manifest) });
  if (variants.length === 0) return { file, examination, variant: undefined };
  const reason =
    fitting.length > 0
      ? "no variant for this CPU can be used"
      : `no variant is made for this CPU, but for ${[...new Set(variants.map(({ target }) => target))].join(", ")}`;
  return { file, examination, variant: { name: "original", reason } };
}
