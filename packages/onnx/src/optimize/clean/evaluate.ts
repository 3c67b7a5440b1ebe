import { DATATYPES, isStrings, toBytes, type Tensor } from "@longshore/core";
import type { Model, TensorProto } from "../../proto/types.ts";
import type { OpenModel } from "../runtime.ts";
import type { ConstantPart } from "./constantParts.ts";

/** What came of running parts of a graph. */
export interface Evaluated {
  /** Results by name. */
  readonly tensors: ReadonlyMap<string, TensorProto>;
  readonly failed: readonly { readonly part: ConstantPart; readonly reason: string }[];
}

/** A runtime copies what it is given: not all weights of a large model are given to it at once. */
const MAX_RUN_BYTES = 64 * 2 ** 20;

/** Runs parts of one graph, as many as fit together; those that fail are found by halving. */
export async function evaluate(
  parts: readonly ConstantPart[],
  model: Model,
  open: OpenModel,
): Promise<Evaluated> {
  const tensors = new Map<string, TensorProto>();
  const failed: { part: ConstantPart; reason: string }[] = [];
  const waiting = inRuns(parts);
  for (let run = waiting.pop(); run; run = waiting.pop()) {
    try {
      for (const [name, tensor] of await runParts(run, model, open)) tensors.set(name, tensor);
    } catch (error) {
      const [part, ...others] = run;
      if (part && others.length === 0)
        failed.push({ part, reason: error instanceof Error ? error.message : String(error) });
      else waiting.push(run.slice(0, run.length / 2), run.slice(run.length / 2));
    }
  }
  return { tensors, failed };
}

function inRuns(parts: readonly ConstantPart[]): ConstantPart[][] {
  const runs: ConstantPart[][] = [];
  let room = 0;
  for (const part of parts) {
    const size = part.sources
      .values()
      .reduce((sum, { rawData }) => sum + (rawData?.byteLength ?? 0), 0);
    if (room < size) {
      runs.push([]);
      room = MAX_RUN_BYTES;
    }
    runs.at(-1)?.push(part);
    room -= size;
  }
  return runs;
}

async function runParts(
  parts: readonly ConstantPart[],
  { irVersion, opsetImports }: Model,
  open: OpenModel,
): Promise<[string, TensorProto][]> {
  const sources = new Map(parts.flatMap((part) => [...part.sources]));
  const results = parts.flatMap((part) => part.results);
  const runnable = await open({
    irVersion,
    opsetImports,
    graph: {
      name: "constants",
      nodes: parts.flatMap(({ nodes }) => nodes),
      initializers: Array.from(sources, ([name, tensor]) => ({ ...tensor, name })),
      inputs: [],
      // A runtime finds the types by itself.
      outputs: results.map((name) => ({ name })),
      valueInfos: [],
    },
  });
  try {
    const tensors = await runnable.run(new Map());
    return results.map((name) => [name, toTensorProto(name, tensors.get(name))]);
  } finally {
    await runnable.close();
  }
}

function toTensorProto(name: string, tensor: Tensor | undefined): TensorProto {
  if (tensor === undefined || isStrings(tensor.data))
    throw new Error(`"${name}" is no tensor of numbers`);
  const { datatype, shape, data } = tensor;
  return {
    name,
    dims: [...shape],
    dataType: DATATYPES[datatype].onnx,
    rawData: toBytes(data as ArrayBufferView),
  };
}
