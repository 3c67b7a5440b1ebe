import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Candidate, Quality } from "./candidate.ts";
import { CLEAN } from "./candidates.ts";
import type { Lab } from "./lab.ts";
import type { TriedFile } from "./openModel.ts";
import { toFileName, type Recipe } from "./recipe.ts";
import type { Built, Evaluation } from "./tasks.ts";

/** A candidate that was built and judged; if it is any good, its speed is measured next. */
export type Attempt = Candidate & { readonly tried?: TriedFile };

/** So many times the allowed loss, or this much: what loses more is of no interest to anybody. */
const HOPELESS_FACTOR = 5;
const HOPELESS_DROP = 0.02;

/**
 * Builds a candidate, tries it as the server would, and computes its metric. Whatever goes wrong
 * with it is its own problem, not the search's.
 *
 * @param original the original's metric.
 * @param earlier a candidate that the recipe's first steps have made already.
 * @throws Error the signal's reason if the search was aborted.
 */
export async function attempt(
  lab: Lab,
  recipe: Recipe,
  original: Evaluation,
  earlier?: Attempt,
): Promise<Attempt> {
  const result = await attemptAt(fileOf(lab, recipe), lab, recipe, original, earlier);
  // Only what is timed is needed any longer.
  if (result.file === undefined) await discard({ file: fileOf(lab, recipe) }, lab);
  return result;
}

function fileOf({ prepared, folder }: Lab, recipe: Recipe): string {
  const name = toFileName(recipe.name);
  return recipe === CLEAN ? prepared : join(folder, name, `${name}.onnx`);
}

async function attemptAt(
  file: string,
  lab: Lab,
  recipe: Recipe,
  original: Evaluation,
  earlier: Attempt | undefined,
): Promise<Attempt> {
  const { builder, trials, metric, options } = lab;
  let built: Built | undefined;
  const without = (status: Candidate["status"], reason: string, quality?: Quality): Attempt => ({
    ...nothingOf(recipe, status, reason),
    changes: [...(earlier?.changes ?? []), ...(built?.changes ?? [])],
    skipped: [...(earlier?.skipped ?? []), ...(built?.skipped ?? [])],
    bytes: built?.bytes || undefined,
    quality,
  });
  try {
    options.onProgress(recipe.name, "building");
    await mkdir(dirname(file), { recursive: true });
    built =
      recipe === CLEAN
        ? await builder.ask({ type: "prepare", file })
        : await builder.ask({
            type: "build",
            base: earlier?.file ?? lab.base,
            steps: recipe.steps.slice(earlier?.recipe.steps.length ?? 0),
            file,
          });
    if (built.notApplicable !== undefined) return without("notApplicable", built.notApplicable);
    options.onProgress(recipe.name, metric.name);
    const { file: path, sha256 } = lab.original;
    const tried = { file, examination: await trials.examine(file, { original: { path, sha256 } }) };
    const hopeless = Math.max(options.maxDrop * HOPELESS_FACTOR, HOPELESS_DROP);
    const found = await builder.ask({ type: "evaluate", model: tried, original, hopeless });
    const quality = toQuality(lab, original, found);
    if (!(quality.drop <= hopeless)) {
      const rows = found.whole === undefined ? " on the first rows already" : "";
      return without("rejected", `it loses far more than allowed${rows}`, quality);
    }
    if (recipe === CLEAN && built.changes.length === 0)
      return without("notApplicable", "the graph is clean already");
    return { ...without("measured", "", quality), file, tried };
  } catch (error) {
    options.signal.throwIfAborted();
    return without("failed", (error as Error).message.replaceAll(`${file}: `, ""));
  }
}

/** Removes the files of a candidate that is of no use any more. */
export async function discard({ file }: Pick<Candidate, "file">, lab: Lab): Promise<void> {
  if (file !== undefined && file !== lab.prepared)
    await rm(dirname(file), { recursive: true, force: true });
}

/** A candidate of which only this is known. */
export function nothingOf(recipe: Recipe, status: Candidate["status"], reason: string): Candidate {
  return {
    name: recipe.name,
    recipe,
    status,
    reason,
    changes: [],
    skipped: [],
    file: undefined,
    bytes: undefined,
    quality: undefined,
    memoryBytes: undefined,
    speed: undefined,
  };
}

export function toQuality(
  { metric }: Pick<Lab, "metric">,
  original: Evaluation,
  { beginning, whole }: Evaluation,
): Quality {
  return whole === undefined
    ? { value: beginning, drop: metric.drop(original.beginning, beginning) }
    : { value: whole, drop: metric.drop(original.whole ?? Number.NaN, whole) };
}
