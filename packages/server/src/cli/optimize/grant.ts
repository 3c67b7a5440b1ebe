import { fail } from "@longshore/core";
import type { Grant } from "../../optimize/place.ts";
import {
  askGolden,
  describeMisses,
  goldenLimitsOf,
  judgeGolden,
  readGoldenOf,
  type GoldenResult,
} from "../../registry/golden.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { openForm, openFormHost } from "../openForm.ts";

/** Share of the examples whose distance makes the tolerance: classes may flip in the others. */
const TYPICAL = 0.95;
/** Other CPUs round otherwise: so many times as far off is still the same variant, … */
const MARGIN = 2;
/** … and so much larger a share of the examples may turn out differently. */
const MARGIN_SHARE = 0.01;

/**
 * What a variant must be granted so that it is taken for what it is, and no worse, whenever it is
 * loaded: twice the distance that 95 of 100 of its answers stay within; and the share of them that is
 * within that, less one example of a hundred. Nothing where the bundle's own tolerance will do.
 *
 * @param results what came of the golden examples under the bundle's own tolerance.
 */
export function grantOf(results: readonly GoldenResult[]): Grant {
  if (results.every(({ distance, tolerance }) => distance <= tolerance)) return {};
  const count = results.length;
  const finite = results
    .map(({ distance }) => distance)
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const typical = finite[Math.min(finite.length, Math.ceil(TYPICAL * count)) - 1] ?? 0;
  const tolerance = roundedUp(MARGIN * typical);
  const within = results.filter((each) => each.distance <= Math.max(each.tolerance, tolerance));
  const granted = Math.max(0, within.length - Math.floor(MARGIN_SHARE * count));
  const agreement = Math.floor((10_000 * granted) / count) / 10_000;
  const isMore = results.some((each) => tolerance > each.tolerance);
  return { ...(isMore && { tolerance }), ...(agreement < 1 && { agreement }) };
}

/** To two digits. */
function roundedUp(value: number): number {
  if (value === 0) return 0;
  const rounded = Number(value.toPrecision(2));
  return rounded >= value ? rounded : Number((value * 1.05).toPrecision(2));
}

/**
 * Makes sure that the original gives the golden answers, before variants are made of it.
 *
 * @throws LongshoreError MODEL_LOAD_FAILED if it does not.
 */
export async function checkOriginal(source: ModelSource): Promise<void> {
  const results = await ask(source, source.file);
  const report = judgeGolden(results, goldenLimitsOf(source.manifest, undefined));
  if (!report.passed)
    throw fail("MODEL_LOAD_FAILED", { model: source.name, reason: describeMisses(report) });
}

/** Asks a variant the bundle's golden examples. @param file the variant's. */
export async function measureGrant(source: ModelSource, file: string): Promise<Grant> {
  return grantOf(await ask(source, file));
}

async function ask(source: ModelSource, file: string): Promise<GoldenResult[]> {
  const examples = (await readGoldenOf(source)) ?? [];
  if (examples.length === 0) return [];
  await using host = await openFormHost(source);
  const served = await openForm(source, { file }, host.tools);
  try {
    const { manifest } = source;
    const limits = goldenLimitsOf(manifest, undefined);
    return await askGolden(served.predict, examples, limits, manifest.queue?.maxLength);
  } finally {
    await served.close();
  }
}
