import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodePredict, type Signature } from "@longshore/core";
import type { Pipeline } from "@longshore/core/pipeline";
import { decodeJsonRecords, DEFAULT_MAX_ROWS } from "@longshore/core/records";
import type { CheckedBundle } from "./finding.ts";

const LIMITS = { maxDepth: 64, maxElements: 2 ** 31 };
/** Of one mistake made in every line, a few are enough. */
const SHOWN = 5;

interface Golden {
  readonly request?: unknown;
  readonly answer?: { readonly outputs?: unknown };
}

/**
 * Checks that golden examples are calls that the bundle takes, with answers of columns that it gives.
 *
 * @returns how many there are.
 */
export async function checkGolden(
  bundle: CheckedBundle,
  signature: Signature | undefined,
  pipeline: Pipeline | undefined,
): Promise<number> {
  const { golden } = bundle.read.manifest;
  if (golden === undefined) {
    const message = "no golden examples: nothing proves that it answers as it did in training";
    bundle.inFile("warning", "bundle.yaml", message);
    return 0;
  }
  let text: string;
  try {
    text = await readFile(join(bundle.folder, golden.file), "utf8");
  } catch {
    // The check of files has told so.
    return 0;
  }
  const check = checkerOf(bundle, signature, pipeline);
  let count = 0;
  let wrong = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    count++;
    try {
      check(line);
    } catch (error) {
      if (++wrong <= SHOWN)
        bundle.inFile("error", golden.file, (error as Error).message, index + 1);
    }
  }
  if (wrong > SHOWN) bundle.inFile("error", golden.file, `${wrong - SHOWN} more lines are wrong`);
  if (count === 0) bundle.inFile("error", golden.file, "is empty");
  return count;
}

/** Checks a line, as far as is known what the bundle takes and gives. */
function checkerOf(
  { read: { manifest } }: CheckedBundle,
  signature: Signature | undefined,
  pipeline: Pipeline | undefined,
): (line: string) => void {
  const name = manifest.name ?? "the bundle";
  const hasTerms = (manifest.inputs ?? manifest.outputs ?? manifest.pipeline) !== undefined;
  const columns =
    pipeline !== undefined
      ? [...pipeline.answer.keys()]
      : hasTerms
        ? undefined
        : signature?.outputs.map((output) => output.name);
  const decode = (body: Uint8Array): unknown => {
    if (pipeline !== undefined) {
      const maxRows = manifest.limits?.maxRows ?? DEFAULT_MAX_ROWS;
      const { inputs, answer } = pipeline;
      return decodeJsonRecords(body, { name, inputs, answer, maxRows }, LIMITS);
    }
    return hasTerms || signature === undefined
      ? undefined
      : decodePredict(body, { name, signature }, LIMITS);
  };
  return (line) => {
    const { request, answer } = parseLine(line);
    decode(new TextEncoder().encode(JSON.stringify(request)));
    for (const column of namesOf(answer?.outputs))
      if (columns !== undefined && !columns.includes(column))
        throw new Error(
          `answer.outputs: the bundle gives no "${column}", but ${columns.join(", ")}`,
        );
  };
}

function parseLine(line: string): Golden {
  const example = JSON.parse(line) as unknown;
  const isObject = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(example)) throw new Error("expected an object with request and answer");
  const { request, answer } = example as Golden;
  if (!isObject(request)) throw new Error("request: expected an object, the body of a call");
  if (!isObject(answer) || !("outputs" in answer))
    throw new Error("answer: expected an object with outputs");
  return { request, answer };
}

/** Names of an answer's columns: of one row, or of the first of several. */
function namesOf(outputs: unknown): string[] {
  const row: unknown = Array.isArray(outputs) ? outputs[0] : outputs;
  return typeof row === "object" && row !== null && !Array.isArray(row) ? Object.keys(row) : [];
}
