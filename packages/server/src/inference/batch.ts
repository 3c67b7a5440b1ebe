import {
  elementCount,
  fail,
  isStrings,
  toBytes,
  type InferResponse,
  type Signature,
  type Tensor,
  type TensorData,
} from "@longshore/core";
import type { OutputTensor, PlacedTensor, Run, RunReply } from "../engine/messages.ts";
import type { Waiting } from "./queue.ts";

/** Keeps every tensor of an arena aligned for any element type and for vector loads. */
const ALIGNMENT = 64;

/**
 * Lays the inputs of requests out for one message to a worker, row after row, in one buffer: the
 * only copy that inputs undergo on this side.
 *
 * @param batchable all requests become one run; otherwise each is a run of its own.
 */
export function assemble(
  signature: Signature,
  requests: readonly Pick<Waiting, "request" | "rows">[],
  batchable: boolean,
): { runs: Run[]; arena: ArrayBuffer } {
  const groups = batchable ? [requests] : requests.map((request) => [request]);
  let size = 0;
  const runs = groups.map((group): Run => {
    const inputs = signature.inputs.map(({ name }): PlacedTensor => {
      const tensors = group.map((waiting) => waiting.request.inputs.get(name)!);
      const dims = stackedDims(tensors);
      if (isStrings(tensors[0]!.data)) {
        return { dims, strings: tensors.flatMap((tensor) => tensor.data as readonly string[]) };
      }
      let bytes = 0;
      for (const tensor of tensors) bytes += (tensor.data as ArrayBufferView).byteLength;
      const offset = size;
      size += bytes + (-bytes & (ALIGNMENT - 1));
      return { dims, offset, bytes };
    });
    return { inputs, parts: batchable ? group.map((waiting) => waiting.rows) : undefined };
  });

  const arena = new ArrayBuffer(size);
  const target = new Uint8Array(arena);
  for (const [index, run] of runs.entries()) {
    for (const [input, placed] of run.inputs.entries()) {
      if ("strings" in placed) continue;
      let position = placed.offset;
      for (const waiting of groups[index]!) {
        const { data } = waiting.request.inputs.get(signature.inputs[input]!.name)!;
        const bytes = toBytes(data as ArrayBufferView);
        target.set(bytes, position);
        position += bytes.length;
      }
    }
  }
  return { runs, arena };
}

/**
 * Gives each request its part of a reply. Rows of a shared run are views on the run's outputs,
 * not copies.
 */
export function distribute(
  model: string,
  signature: Signature,
  requests: readonly Waiting[],
  reply: RunReply,
): void {
  const { input, infer, output } = reply.timing;
  const computeMs = input + infer + output;
  let next = 0;
  for (const result of reply.results) {
    if ("whole" in result) {
      // Only a batch is answered whole, and a batch is the only run of its message.
      const slices = result.whole.map(toSlice);
      let row = 0;
      for (const request of requests) {
        const { rows } = request;
        const part = slices.map((slice) => slice(row, rows));
        request.resolve(toResponse(signature, request, part, computeMs));
        row += rows;
      }
      return;
    }
    for (const part of result.parts) {
      const request = requests[next++]!;
      if (part.error === undefined)
        request.resolve(toResponse(signature, request, part.outputs, computeMs));
      else request.reject(fail("RUN_FAILED", { model, reason: part.error }));
    }
  }
}

function toResponse(
  signature: Signature,
  { request }: Waiting,
  outputs: readonly OutputTensor[],
  computeMs: number,
): InferResponse {
  const tensors = new Map<string, Tensor>();
  const specs = signature.outputs;
  for (let index = 0; index < outputs.length; index++) {
    const { dims, data } = outputs[index]!;
    const name = request.outputs?.[index] ?? specs[index]!.name;
    const spec = request.outputs === undefined ? specs[index] : specs.find((s) => s.name === name);
    tensors.set(name, { datatype: spec!.datatype, shape: dims, data });
  }
  return { outputs: tensors, computeMs };
}

/** Gives `rows` rows of an output from the row `first`. */
function toSlice({ dims, data }: OutputTensor): (first: number, rows: number) => OutputTensor {
  const rest = dims.slice(1);
  const width = elementCount(rest);
  return (first, rows) => ({
    dims: [rows, ...rest],
    data: sliceElements(data, first * width, rows * width),
  });
}

/** A view on `count` elements from `first`. */
function sliceElements(data: TensorData, first: number, count: number): TensorData {
  if (isStrings(data)) return data.slice(first, first + count);
  const typed = data as Uint8Array; // Any typed array: all have the same `subarray`.
  return typed.subarray(first, first + count);
}

function stackedDims(tensors: readonly Tensor[]): readonly number[] {
  const [first, ...others] = tensors;
  if (others.length === 0) return first!.shape;
  let rows = 0;
  for (const tensor of tensors) rows += tensor.shape[0]!;
  return [rows, ...first!.shape.slice(1)];
}
