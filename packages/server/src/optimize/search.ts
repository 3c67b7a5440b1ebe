/** The search for a faster or smaller model that is proven to be as good. */
import { TARGETS } from "@longshore/onnx";
import { attempt, nothingOf, toQuality, type Attempt } from "./attempt.ts";
import { isMeasured, type Candidate, type Measured } from "./candidate.ts";
import { CLEAN, combined, familyOf, proposalsFor } from "./candidates.ts";
import { choose } from "./choose.ts";
import { ofOriginal, openLab, type Lab, type SearchOptions } from "./lab.ts";
import type { Metric } from "./metrics.ts";
import { measureSpeed } from "./measureSpeed.ts";
import { mixPrecision } from "./mixedPrecision.ts";
import { canKeep } from "./recipe.ts";
import { toRecord, type SearchRecord, type Sensitivity } from "./record.ts";
import type { Evaluation } from "./tasks.ts";

export type { SearchOptions } from "./lab.ts";

/** What a search found. Its files are there until it is disposed of. */
export interface Found extends AsyncDisposable {
  readonly record: SearchRecord;
  /** What is recommended; the original where nothing is better. */
  readonly chosen: Measured;
  /** What the candidates were judged by. */
  readonly metric: Metric;
  /** What was decided about the samples without being asked. */
  readonly notes: readonly string[];
}

/**
 * Makes every variant of a model that its target allows, measures what each loses and gains on this
 * machine, and chooses.
 *
 * Candidates are built and judged one after another, in a process apart, and lie in temporary files.
 * A candidate that crashes ONNX Runtime is a line of the record.
 *
 * @throws LongshoreError MODEL_INVALID, DATA_INVALID; the signal's reason if it was aborted; Error
 *   if the original itself cannot be run on the samples.
 */
export async function search(options: SearchOptions): Promise<Found> {
  await using work = new AsyncDisposableStack();
  const lab = work.use(await openLab(options));
  const { original, evaluation } = await judgeOriginal(lab);
  const singles = await trySingles(lab, evaluation);
  const pairs = await tryPairs(lab, singles, evaluation);
  const { mixed, sensitivity } = await tryMixed(lab, singles, evaluation);
  const tried = [original, ...[...singles, ...mixed, ...pairs].map((one) => forTarget(one, lab))];
  const candidates = await measureSpeed(lab, tried);
  const measured = candidates.filter(isMeasured);
  const choice = choose(measured[0]!, measured.slice(1), options);
  const record = await toRecord(lab, { candidates, sensitivity, choice });
  const kept = work.move();
  return {
    record,
    chosen: choice.chosen,
    metric: lab.metric,
    notes: lab.samples.notes,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The original is what all others are compared with: it must run. */
async function judgeOriginal(lab: Lab): Promise<{ original: Attempt; evaluation: Evaluation }> {
  const { builder, metric, options, original } = lab;
  options.onProgress("original", metric.name);
  const { file, examination } = original;
  const model = { file, examination };
  const evaluation = await builder
    .ask({ type: "evaluate", model, hopeless: Infinity })
    .catch((error: unknown) => {
      throw ofOriginal(error, lab.options);
    });
  const recipe = { name: "original", steps: [] };
  return {
    original: {
      ...nothingOf(recipe, "measured", ""),
      file,
      bytes: examination.bytes,
      quality: { ...toQuality(lab, evaluation, evaluation), drop: 0 },
      tried: model,
    },
    evaluation,
  };
}

/** Each pass alone. */
async function trySingles(lab: Lab, original: Evaluation): Promise<Attempt[]> {
  const tried: Attempt[] = [];
  for (const { recipe, verdict } of proposalsFor(lab.options.target)) {
    if (!verdict.allowed) {
      tried.push(nothingOf(recipe, "notApplicable", verdict.reason));
      continue;
    }
    const candidate = await attempt(lab, recipe, original);
    tried.push(candidate);
    if (recipe === CLEAN && isGood(candidate, lab)) lab.base = lab.prepared;
  }
  return tried;
}

/** Pruned models that are good enough, in static int8 as well. */
async function tryPairs(
  lab: Lab,
  singles: readonly Attempt[],
  original: Evaluation,
): Promise<Attempt[]> {
  const int8 = leastLoss(singles.filter(({ recipe }) => familyOf(recipe) === "staticInt8"));
  if (int8 === undefined) return [];
  const pruned = singles.filter(
    (candidate) => familyOf(candidate.recipe) === "pruneChannels" && isGood(candidate, lab),
  );
  const tried: Attempt[] = [];
  for (const earlier of pruned)
    tried.push(await attempt(lab, combined(earlier.recipe, int8.recipe), original, earlier));
  return tried;
}

/** Number formats that lose too much in all layers: with the worst of them left in float. */
async function tryMixed(
  lab: Lab,
  singles: readonly Attempt[],
  original: Evaluation,
): Promise<{ mixed: Attempt[]; sensitivity: Sensitivity[] }> {
  const mixed: Attempt[] = [];
  const sensitivity: Sensitivity[] = [];
  const keepers = singles.filter(({ recipe }) => recipe.steps.some(canKeep));
  for (const family of Map.groupBy(keepers, ({ recipe }) => familyOf(recipe)).values()) {
    const best = leastLoss(family);
    if (best === undefined || isGood(best, lab)) continue;
    const found = await mixPrecision(lab, best.recipe, original);
    mixed.push(found.attempt);
    if (found.sensitivity !== undefined) sensitivity.push(found.sensitivity);
  }
  return { mixed, sensitivity };
}

/** What a compiler for integers does not take is good for further steps only. */
function forTarget(candidate: Attempt, { options }: Lab): Attempt {
  const { formats, int8 } = TARGETS[options.target];
  const isInteger = candidate.recipe.steps.some(({ pass }) => pass === "staticInt8");
  if (candidate.status !== "measured" || int8.scales === "any" || isInteger) return candidate;
  return { ...candidate, status: "notApplicable", reason: formats.float16.reason };
}

function isGood({ status, quality }: Candidate, { options }: Lab): boolean {
  return status === "measured" && quality !== undefined && quality.drop <= options.maxDrop;
}

/** Of those that ran, the one that loses least. */
function leastLoss(candidates: readonly Attempt[]): Attempt | undefined {
  const dropOf = ({ quality }: Attempt): number => quality?.drop ?? Number.POSITIVE_INFINITY;
  const ran = candidates.filter(({ quality }) => quality !== undefined);
  return ran.toSorted((a, b) => Math.sign(dropOf(a) - dropOf(b)) || 0)[0];
}
