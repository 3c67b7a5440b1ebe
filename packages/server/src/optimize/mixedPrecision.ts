import { attempt, discard, nothingOf, type Attempt } from "./attempt.ts";
import type { Lab } from "./lab.ts";
import { keeping, type Recipe } from "./recipe.ts";
import type { Sensitivity } from "./record.ts";
import { groupLayers, type Layer } from "./sensitivity.ts";
import type { Evaluation } from "./tasks.ts";

/** Groups of layers that are looked at: each costs a small model that is built, opened and run. */
const GROUPS = 32;

/** What mixing precisions came to. */
export interface Mixed {
  readonly attempt: Attempt;
  readonly sensitivity: Sensitivity | undefined;
}

/**
 * Leaves the layers that lose most in float, as few as it takes to lose no more than is allowed:
 * each group of layers is changed alone, and the groups whose change is seen most in the answers
 * stay. Their number is doubled until the loss is small enough, then halved back towards the last
 * one that was too few. With more than half of them in float there is little left to gain.
 *
 * Source of the ranking: Wu et al. 2020, "Integer quantization for deep learning inference",
 * section 5.2 (partial quantisation by sensitivity).
 */
export async function mixPrecision(lab: Lab, recipe: Recipe, original: Evaluation): Promise<Mixed> {
  const layers = await lab.builder.ask({ type: "layers", base: lab.base });
  const groups = groupLayers(layers, GROUPS);
  const name = keeping(recipe, [], "mixed");
  if (groups.length < 2) {
    const reason = "there are no two layers to choose from";
    return { attempt: nothingOf(name, "notApplicable", reason), sensitivity: undefined };
  }
  const sensitivity = await rank(lab, recipe, layers, groups);
  const ranked = sensitivity.groups.filter(({ sqnr }) => sqnr !== "equal");

  const tryWith = (count: number): Promise<Attempt> => {
    const names = new Set(ranked.slice(0, count).flatMap((group) => group.layers));
    const kept = layers.filter(({ name }) => names.has(name));
    const what = `${kept.length} of ${layers.length} layers in float`;
    return attempt(lab, keeping(recipe, nodesOf(kept), what), original);
  };
  const isGood = ({ status, quality }: Attempt): boolean =>
    status === "measured" && quality !== undefined && quality.drop <= lab.options.maxDrop;

  const most = Math.floor(ranked.length / 2);
  let [tooFew, enough] = [0, 1];
  let [best, last]: (Attempt | undefined)[] = [];
  for (
    ;
    enough <= most;
    [tooFew, enough] = [enough, Math.max(enough + 1, Math.min(2 * enough, most))]
  ) {
    const tried = await tryWith(enough);
    if (isGood(tried)) {
      best = tried;
      break;
    }
    await discard(tried, lab);
    last = tried;
  }
  if (best === undefined) {
    const reason = "with half of the layers in float it still loses more than allowed";
    return {
      attempt: { ...nothingOf(name, "rejected", reason), quality: last?.quality },
      sensitivity,
    };
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    const tried = await tryWith(middle);
    if (isGood(tried)) {
      await discard(best, lab);
      [best, enough] = [tried, middle];
    } else {
      await discard(tried, lab);
      tooFew = middle;
    }
  }
  return { attempt: best, sensitivity };
}

function nodesOf(layers: readonly Layer[]): string[] {
  return layers.flatMap(({ nodes }) => nodes);
}

/** Groups of layers, the one that is seen most in the answers first. */
async function rank(
  { builder, options, base }: Lab,
  recipe: Recipe,
  layers: readonly Layer[],
  groups: readonly (readonly Layer[])[],
): Promise<Sensitivity> {
  const ranked: { layers: readonly string[]; sqnr: number | "equal" | "failed" }[] = [];
  for (const [index, group] of groups.entries()) {
    options.onProgress(
      `sensitivity of layers to ${recipe.name}`,
      `${index + 1} of ${groups.length}`,
    );
    const changed = new Set(group);
    const others = layers.filter((layer) => !changed.has(layer));
    const alone = keeping(recipe, nodesOf(others), "one group");
    const sqnr = await builder
      .ask({ type: "sensitivity", base, steps: alone.steps })
      .catch(() => "failed" as const);
    options.signal.throwIfAborted();
    const names = group.map(({ name }) => name);
    ranked.push({ layers: names, sqnr: sqnr === Number.POSITIVE_INFINITY ? "equal" : sqnr });
  }
  return {
    recipe: recipe.name,
    groups: ranked.toSorted((a, b) => (heightOf(a.sqnr) < heightOf(b.sqnr) ? -1 : 1)),
  };
}

/** What cannot even run is best left alone, what changes nothing may always change. */
function heightOf(sqnr: number | "equal" | "failed"): number {
  if (sqnr === "failed") return Number.NEGATIVE_INFINITY;
  return sqnr === "equal" ? Number.POSITIVE_INFINITY : sqnr;
}
