import { readFile } from "node:fs/promises";
import { fail } from "@longshore/core";
import {
  formatDifference,
  readGolden,
  worstDifference,
  type GoldenExample,
} from "@longshore/core/golden";
import { findFile } from "../processing/platform.ts";
import type { PredictCall, PredictContext, PredictReply } from "../processing/predict.ts";
import type { ModelSource } from "./scan.ts";

/** What golden answers are compared by. */
export interface GoldenLimits {
  /** Of a number: `|got - expected| <= tolerance * max(1, |expected|)`; examples may have their own. */
  readonly tolerance: number;
  /** What an optimised variant may be off by, where that is more. */
  readonly variantTolerance: number;
  /** Share of the examples that must be within the tolerance. */
  readonly agreement: number;
}

/** What is asked: a model, or a server elsewhere. */
export type Asked = (
  call: PredictCall,
  context: PredictContext,
) => Promise<Pick<PredictReply, "body">>;

/** What came of one example. */
export interface GoldenResult {
  /** Of the file, counted from 1. */
  readonly line: number;
  /** How far the answer is off at its worst place; infinite for a wrong text, or no answer. */
  readonly distance: number;
  readonly tolerance: number;
  /** What differs most, in words; empty where nothing does. */
  readonly worst: string;
}

/** What came of all examples. */
export interface GoldenReport {
  readonly examples: number;
  /** Answers further off than they may be, the worst first. */
  readonly misses: readonly GoldenResult[];
  /** The largest distance of any answer. */
  readonly distance: number;
  readonly limits: GoldenLimits;
  /** Whether the model may take traffic. */
  readonly passed: boolean;
}

/** So many at a time share runs as real traffic does, if the model's queue has room for them. */
const CONCURRENCY = 64;
const LIMITS = { maxDepth: 64, maxElements: 2 ** 28 };

/**
 * The golden examples of a bundle; undefined where it has none.
 *
 * @throws LongshoreError DATA_INVALID
 */
export async function readGoldenOf({
  folder,
  manifest,
}: Pick<ModelSource, "folder" | "manifest">): Promise<GoldenExample[] | undefined> {
  if (manifest.golden === undefined) return undefined;
  const { file } = manifest.golden;
  const path = await findFile(folder, file);
  try {
    return readGolden(await readFile(path, "utf8"));
  } catch (error) {
    throw fail("DATA_INVALID", { file, problem: (error as Error).message });
  }
}

/** What a bundle, or one of its variants, says of golden answers. */
export function goldenLimitsOf(
  { golden, variants = [] }: ModelSource["manifest"],
  variant: string | undefined,
): GoldenLimits {
  const own = variants.find(({ name }) => name === variant);
  return {
    tolerance: golden?.tolerance ?? 0,
    variantTolerance: own?.tolerance ?? 0,
    agreement: own?.agreement ?? 1,
  };
}

/**
 * Asks a model all golden examples and compares its answers. Never throws for a wrong answer.
 *
 * @param room requests that may wait for the model at a time.
 */
export async function runGolden(
  predict: Asked,
  examples: readonly GoldenExample[],
  limits: GoldenLimits,
  room?: number,
): Promise<GoldenReport> {
  return judgeGolden(await askGolden(predict, examples, limits, room), limits);
}

/**
 * What comes of each example, the worst first.
 *
 * @param room requests that may wait for the model at a time.
 */
export async function askGolden(
  predict: Asked,
  examples: readonly GoldenExample[],
  limits: GoldenLimits,
  room: number = CONCURRENCY,
): Promise<GoldenResult[]> {
  const results: GoldenResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let example = examples[next++]; example !== undefined; example = examples[next++])
      results.push(await runExample(predict, example, limits));
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, room) }, work));
  // Infinity less Infinity is NaN, which sorts by the line.
  return results.toSorted((a, b) => b.distance - a.distance || a.line - b.line);
}

/** Whether results, the worst first, are good enough. */
export function judgeGolden(results: readonly GoldenResult[], limits: GoldenLimits): GoldenReport {
  const misses = results.filter(({ distance, tolerance }) => distance > tolerance);
  return {
    examples: results.length,
    misses,
    distance: results[0]?.distance ?? 0,
    limits,
    passed: results.length - misses.length >= limits.agreement * results.length,
  };
}

async function runExample(
  predict: Asked,
  { line, request, answer, tolerance: own }: GoldenExample,
  limits: GoldenLimits,
): Promise<GoldenResult> {
  const tolerance = Math.max(own ?? limits.tolerance, limits.variantTolerance);
  try {
    const body = new TextEncoder().encode(JSON.stringify(request));
    const reply = await predict({ body, contentType: "application/json", limits: LIMITS }, {});
    const text = typeof reply.body === "string" ? reply.body : new TextDecoder().decode(reply.body);
    const difference = worstDifference(answer, JSON.parse(text));
    const worst = difference === undefined ? "" : formatDifference(difference);
    return { line, distance: difference?.distance ?? 0, tolerance, worst };
  } catch (error) {
    return { line, distance: Number.POSITIVE_INFINITY, tolerance, worst: (error as Error).message };
  }
}

/** Why a model may not take traffic: `3 of 360 golden answers are wrong; line 7: outputs.label: …`. */
export function describeMisses({ examples, misses, limits }: GoldenReport): string {
  const first = misses
    .slice(0, 3)
    .map(({ line, worst }) => `line ${line}: ${worst}`)
    .join("; ");
  const share = limits.agreement < 1 ? `, ${formatShare(limits.agreement)} must be right` : "";
  return `${misses.length} of ${examples} golden answers are off by more than they may be${share}; ${first}`;
}

/** `99.5 %`. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
