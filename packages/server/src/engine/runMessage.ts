import {
  DATATYPES,
  elementCount,
  fromBfloat16,
  toBfloat16,
  type Datatype,
  type Signature,
  type TypedArray,
} from "@longshore/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type {
  OutputTensor,
  PartResult,
  PlacedTensor,
  Run,
  RunReply,
  RunRequest,
  RunResult,
} from "./messages.ts";
import { messageOf } from "./messageOf.ts";
import { ort, ORT_TYPES } from "./ort.ts";

/** A session and what is needed to feed it. */
export interface OpenSession {
  readonly session: InferenceSession;
  readonly signature: Signature;
  readonly exchange: ReadonlyMap<string, Datatype>;
}

/**
 * Runs everything a message asks for. A batch that fails is run again caller by caller, so that
 * the one whose data the model cannot compute does not take the others down.
 *
 * Never throws for a failing run: the failure is the caller's result.
 */
export async function runMessage(open: OpenSession, request: RunRequest): Promise<RunReply> {
  const timing = { input: 0, infer: 0, output: 0 };
  const results: RunResult[] = [];
  const names = request.outputs ?? open.signature.outputs.map((output) => output.name);

  /** One native run. */
  const compute = async (feeds: InferenceSession.FeedsType): Promise<OutputTensor[]> => {
    const started = performance.now();
    const fetched =
      request.outputs === undefined
        ? await open.session.run(feeds)
        : await open.session.run(feeds, request.outputs);
    const ran = performance.now();
    const outputs = names.map((name) => toOutput(open, name, fetched[name]));
    timing.infer += ran - started;
    timing.output += performance.now() - ran;
    return outputs;
  };

  for (const run of request.runs) {
    const started = performance.now();
    const feeds: Record<string, Tensor> = {};
    open.signature.inputs.forEach((input, index) => {
      feeds[input.name] = toFeed(open, input, run.inputs[index]!, request.arena);
    });
    timing.input += performance.now() - started;
    results.push(await runOne(run, feeds, compute));
  }
  return { type: "ran", results, timing };
}

async function runOne(
  run: Run,
  feeds: Record<string, Tensor>,
  compute: (feeds: InferenceSession.FeedsType) => Promise<OutputTensor[]>,
): Promise<RunResult> {
  const { parts } = run;
  const attempt = async (attempted: Record<string, Tensor>): Promise<PartResult> => {
    try {
      return { outputs: await compute(attempted) };
    } catch (error) {
      return { error: messageOf(error) };
    }
  };
  const whole = await attempt(feeds);
  if (parts === undefined || parts.length === 1) return { parts: [whole] };
  const rows = parts.reduce((sum, part) => sum + part, 0);
  // A model that answers another number of rows than it was given cannot be sliced.
  if (whole.error === undefined && whole.outputs.every((output) => output.dims[0] === rows)) {
    return { whole: whole.outputs };
  }
  const results: PartResult[] = [];
  let first = 0;
  for (const part of parts) {
    results.push(await attempt(sliceRows(feeds, first, part)));
    first += part;
  }
  return { parts: results };
}

function sliceRows(
  feeds: Record<string, Tensor>,
  first: number,
  rows: number,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const width = elementCount(tensor.dims.slice(1));
      const data = tensor.data as TypedArray | string[];
      const part = Array.isArray(data)
        ? data.slice(first * width, (first + rows) * width)
        : data.subarray(first * width, (first + rows) * width);
      return [name, new ort.Tensor(tensor.type, part, [rows, ...tensor.dims.slice(1)])];
    }),
  );
}

function toFeed(
  open: OpenSession,
  input: { readonly name: string; readonly datatype: Datatype },
  placed: PlacedTensor,
  arena: ArrayBuffer,
): Tensor {
  if ("strings" in placed) return new ort.Tensor("string", placed.strings as string[], placed.dims);
  const { array, size } = DATATYPES[input.datatype];
  if (array === undefined) throw new TypeError(`input "${input.name}" has no strings`);
  const elements = new array(arena, placed.offset, placed.bytes / size);
  const data = open.exchange.has(input.name)
    ? Float32Array.from(elements as Uint16Array, fromBfloat16)
    : elements;
  return new ort.Tensor(ORT_TYPES[input.datatype], data as Tensor.DataType, placed.dims);
}

function toOutput(open: OpenSession, name: string, tensor: Tensor | undefined): OutputTensor {
  if (tensor === undefined) throw new Error(`the model gave no output "${name}"`);
  const data = tensor.data as ArrayBufferView | string[];
  return {
    dims: tensor.dims,
    data: open.exchange.has(name) ? Uint16Array.from(data as Float32Array, toBfloat16) : data,
  };
}
