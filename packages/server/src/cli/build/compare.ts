import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isStrings, LongshoreError, toTypedArray } from "@longshore/core";
import type { SignatureOverride } from "@longshore/core/manifest";
import { newNotes, type Column, type Frame } from "@longshore/core/pipeline";
import { decodeJsonRecords } from "@longshore/core/records";
import type { RunnableModel } from "@longshore/onnx";
import { readJsonLines } from "../../data/jsonl.ts";
import { openRunnableFile } from "../../engine/runnable.ts";
import type { OpenBundle } from "../../processing/bundle.ts";
import { makeRequests } from "./makeRequests.ts";

/** A bundle with its model. */
export interface ComparedBundle {
  readonly open: OpenBundle;
  /** The model's file, and what the bundle says of its inputs and outputs. */
  readonly file: string;
  readonly override?: SignatureOverride | undefined;
}

/** How near the answers of two bundles are. */
export interface Comparison {
  readonly examples: number;
  /** Whether the rows were made up, as there are no golden examples. */
  readonly made: boolean;
  /** How far numbers may differ, of the largest of 1 and the number expected. */
  readonly tolerance: number;
  readonly worst?: Difference;
  /** What is wrong, in words; absent where they agree. */
  readonly problem?: string;
}

interface Difference {
  readonly difference: number;
  /** Output and example: `"risk" of example 3`. */
  readonly where: string;
}

/** What a few operations in single precision lose. */
const ROUNDING = 1e-5;

const LIMITS = { maxElements: 1e9, maxBatchSize: undefined, maxDepth: 64 };

/** Sends the golden examples of a bundle, or made-up rows, through it and another one. */
export async function compareBundles(
  given: ComparedBundle,
  built: ComparedBundle,
): Promise<Comparison> {
  const { golden } = given.open.bundle.manifest;
  const requests = golden
    ? await readRequests(given.open.bundle.folder, golden.file)
    : await makeRequests(given.open.contract.inputs);
  const tolerance = Math.max(golden?.tolerance ?? 0, ROUNDING);
  const about = { examples: requests.length, made: golden === undefined, tolerance };
  const [first, second] = await Promise.all([openModel(given), openModel(built)]);
  try {
    let worst: Difference | undefined;
    for (const [index, request] of requests.entries()) {
      const expected = await answer(given.open, first, request);
      const got = await answer(built.open, second, request);
      const found = differenceOf(expected, got);
      if (typeof found === "string") return { ...about, problem: `example ${index + 1}: ${found}` };
      if (found === undefined) continue;
      if (found.difference > (worst?.difference ?? 0))
        worst = {
          difference: found.difference,
          where: `"${found.output}" of example ${index + 1}`,
        };
    }
    const problem =
      worst && worst.difference > tolerance
        ? `${worst.where} differs by ${worst.difference.toPrecision(2)}, more than ${tolerance}`
        : undefined;
    return { ...about, ...(worst && { worst }), ...(problem !== undefined && { problem }) };
  } finally {
    await first.close();
    await second.close();
  }
}

async function readRequests(folder: string, name: string): Promise<string[]> {
  const file = join(folder, name);
  return readJsonLines(await readFile(file, "utf8"), file).map(({ value }) =>
    JSON.stringify((value as { request: unknown }).request),
  );
}

/** As it is served: with the bundle's names, every output a tensor. */
function openModel({ file, override }: ComparedBundle): Promise<RunnableModel> {
  return openRunnableFile({ path: file, intraOpThreads: 1, edited: true, override });
}

/** A bundle's answer; or why it refuses the request. */
async function answer(
  { pipeline, contract }: OpenBundle,
  model: RunnableModel,
  request: string,
): Promise<Frame | LongshoreError> {
  const notes = newNotes();
  try {
    const { frame } = decodeJsonRecords(new TextEncoder().encode(request), contract, LIMITS);
    const { rows } = frame;
    const inputs = await pipeline.before(frame, notes);
    return await pipeline.after(inputs, await model.run(inputs), rows, notes);
  } catch (error) {
    if (error instanceof LongshoreError) return error;
    throw error;
  }
}

type Found = { readonly difference: number; readonly output: string };

/** Undefined where there are no numbers; in words where the answers are not alike at all. */
function differenceOf(
  expected: Frame | LongshoreError,
  got: Frame | LongshoreError,
): Found | string | undefined {
  if (expected instanceof LongshoreError || got instanceof LongshoreError) {
    const [one, other] = [expected, got].map((each) =>
      each instanceof LongshoreError ? `refused (${each.message})` : "answered",
    );
    return one === other ? undefined : `${one} by the given bundle, ${other} by the new one`;
  }
  let worst: Found | undefined;
  for (const [output, column] of expected.columns) {
    const other = got.columns.get(output);
    if (other === undefined) return `the new bundle has no "${output}"`;
    const difference = distance(valuesOf(column), valuesOf(other));
    if (typeof difference === "string") return `"${output}": ${difference}`;
    if (difference > (worst?.difference ?? -1)) worst = { difference, output };
  }
  return worst;
}

/** The largest difference of numbers; in words where something else differs. */
function distance(expected: unknown, got: unknown): number | string {
  if (typeof expected === "number" && typeof got === "number") {
    if (Object.is(expected, got) || expected === got || Math.fround(expected) === got) return 0;
    const difference = Math.abs(got - expected) / Math.max(1, Math.abs(expected));
    return Number.isNaN(difference) ? `${expected} has become ${got}` : difference;
  }
  const lists = isObject(expected) && isObject(got);
  if (!lists) return expected === got ? 0 : `${show(expected)} has become ${show(got)}`;
  const keys = Object.keys(expected);
  if (keys.length !== Object.keys(got).length) return `${show(expected)} has become ${show(got)}`;
  let worst = 0;
  for (const key of keys) {
    const found = distance(expected[key], got[key]);
    if (typeof found === "string") return found;
    worst = Math.max(worst, found);
  }
  return worst;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

/** A missing text is an empty one in a graph. */
function valuesOf(column: Column): unknown {
  if (column.kind === "tensor") {
    const { datatype, shape, data } = column.tensor;
    const elements = isStrings(data) ? data : toTypedArray(datatype, data);
    return { datatype, shape: [...shape], elements: Array.from<unknown>(elements) };
  }
  if (column.kind === "text") return column.values.map((value) => value ?? "");
  return Array.from<unknown>(column.values);
}
