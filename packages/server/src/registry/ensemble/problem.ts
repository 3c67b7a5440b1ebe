import { LongshoreError } from "@longshore/core";
import type { EnsembleStep, ManifestPath, ManifestProblem } from "@longshore/core/manifest";

/** What is wrong with an ensemble, with its place in the manifest. */
export class EnsembleProblem extends Error implements ManifestProblem {
  override readonly name: string = "EnsembleProblem";
  readonly path: ManifestPath;
  readonly suggestion?: string;
  readonly atKey?: boolean;

  constructor({ path, message, suggestion, atKey }: ManifestProblem) {
    super(message);
    this.path = path;
    if (suggestion !== undefined) this.suggestion = suggestion;
    if (atKey !== undefined) this.atKey = atKey;
  }
}

/** `step 2 ("classify")`, counted from 1 in the order of the manifest. */
export function nameStep(index: number, { model }: Pick<EnsembleStep, "model">): string {
  return `step ${index + 1} ("${model}")`;
}

/** The same error, saying which step it comes from. Anything but an error of the catalogue stays. */
export function inStep(index: number, step: Pick<EnsembleStep, "model">, error: unknown): unknown {
  if (!(error instanceof LongshoreError) || error.code === "CANCELLED") return error;
  return new LongshoreError(error.code, `${nameStep(index, step)}: ${error.message}`);
}

/** `did you mean "pixels"?`; else all there are. */
export function suggest(nearest: string | undefined, names: readonly string[]): string {
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return names.length === 0
    ? "there are none"
    : `there is ${names.map((name) => `"${name}"`).join(", ")}`;
}
