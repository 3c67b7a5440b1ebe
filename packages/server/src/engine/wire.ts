/**
 * Runs and their replies on the way between the threads: nested arrays instead of objects. A clone
 * of an object looks each property up by its name, on both sides; of a reply for a small request that
 * is a tenth of what the I/O thread does for it.
 */
import type {
  OutputTensor,
  PlacedTensor,
  Run,
  RunReply,
  RunRequest,
  RunResult,
} from "./messages.ts";

type WireInput =
  | readonly [dims: readonly number[], offset: number, bytes: number]
  | readonly [dims: readonly number[], strings: readonly string[]];
type WireRun = readonly [parts: readonly number[] | undefined, ...inputs: WireInput[]];

/** A request to run. */
export type WireRequest = readonly [
  session: number,
  outputs: readonly string[] | undefined,
  arena: ArrayBuffer,
  ...runs: WireRun[],
];

export function packRequest({ session, outputs, arena, runs }: RunRequest): WireRequest {
  return [session, outputs, arena, ...runs.map(packRun)];
}

export function unpackRequest([session, outputs, arena, ...runs]: WireRequest): RunRequest {
  return { type: "run", session, outputs, arena, runs: runs.map(unpackRun) };
}

function packRun({ parts, inputs }: Run): WireRun {
  return [parts, ...inputs.map(packInput)];
}

function unpackRun([parts, ...inputs]: WireRun): Run {
  return { parts, inputs: inputs.map(unpackInput) };
}

function packInput(input: PlacedTensor): WireInput {
  return "strings" in input ? [input.dims, input.strings] : [input.dims, input.offset, input.bytes];
}

function unpackInput(input: WireInput): PlacedTensor {
  return input.length === 2
    ? { dims: input[0], strings: input[1] }
    : { dims: input[0], offset: input[1], bytes: input[2] };
}

type WireOutput = readonly [dims: readonly number[], data: OutputTensor["data"]];
/** Outputs, or why there are none. */
type WirePart = readonly WireOutput[] | string;
type WireResult = readonly [isWhole: boolean, ...parts: WirePart[]];

/** What came of a request to run. */
export type WireReply = readonly [
  input: number,
  infer: number,
  output: number,
  ...results: WireResult[],
];

export function packReply({ timing, results }: RunReply): WireReply {
  return [timing.input, timing.infer, timing.output, ...results.map(packResult)];
}

export function unpackReply([input, infer, output, ...results]: WireReply): RunReply {
  return { type: "ran", timing: { input, infer, output }, results: results.map(unpackResult) };
}

function packResult(result: RunResult): WireResult {
  if ("whole" in result) return [true, result.whole.map(packOutput)];
  return [
    false,
    ...result.parts.map((part) =>
      part.error === undefined ? part.outputs.map(packOutput) : part.error,
    ),
  ];
}

function unpackResult([isWhole, ...parts]: WireResult): RunResult {
  if (isWhole) return { whole: (parts[0] as readonly WireOutput[]).map(unpackOutput) };
  return {
    parts: parts.map((part) =>
      typeof part === "string" ? { error: part } : { outputs: part.map(unpackOutput) },
    ),
  };
}

function packOutput({ dims, data }: OutputTensor): WireOutput {
  return [dims, data];
}

function unpackOutput([dims, data]: WireOutput): OutputTensor {
  return { dims, data };
}
