import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  fromBfloat16,
  toBfloat16,
  type Datatype,
  type Tensor,
  type Tensors,
} from "@longshore/core";
import { toServable, type OpenModel, type RunnableModel } from "@longshore/onnx";
import type { Examination } from "../engine/examine.ts";
import { openRunnableFile } from "../engine/runnable.ts";
import { writeModelFile } from "../engine/writeModelFile.ts";

/** A model file, and what was found out about it when it was tried. */
export interface TriedFile {
  readonly file: string;
  readonly examination: Examination;
}

/** How models in memory are opened. */
export interface OpenerOptions {
  /** Where they are written to be read. */
  readonly folder: string;
  /** Threads of one run. */
  readonly threads: number;
  /** Half of the memory at the cost of speed; else as the server runs it. */
  readonly frugal: boolean;
}

/**
 * Opens models in memory as they are served: all inputs and outputs tensors.
 *
 * They go through a file, as ONNX Runtime then holds their weights once; out of memory it would be
 * three times: as one array, as it was parsed, and as it is computed with.
 *
 * @throws Error with ONNX Runtime's message when a model cannot be loaded.
 */
export function createOpener({ folder, threads, frugal }: OpenerOptions): OpenModel {
  return async (model) => {
    const { model: servable, exchange } = toServable(model);
    const path = join(folder, `${randomUUID()}.onnx`);
    const { files } = await writeModelFile(path, servable);
    try {
      const intraOpThreads = threads;
      const opened = await openRunnableFile({ path, intraOpThreads, edited: false, frugal });
      return exchanging(opened, exchange);
    } finally {
      // What is mapped stays until it is closed. Where the system refuses, the folder's end is theirs.
      for (const file of files) await rm(file, { force: true }).catch(() => undefined);
    }
  };
}

/**
 * Opens a model file as it is served.
 *
 * @param threads of one run.
 * @throws Error with ONNX Runtime's message when it cannot be loaded.
 */
export async function openServableFile(
  { file, examination: { changes, exchange } }: TriedFile,
  threads: number,
): Promise<RunnableModel> {
  const edited = changes.length > 0;
  const model = await openRunnableFile({ path: file, intraOpThreads: threads, edited });
  return exchanging(model, exchange);
}

/** BF16 inputs and outputs, which the runtime exchanges as FP32. */
function exchanging(model: RunnableModel, exchange: ReadonlyMap<string, Datatype>): RunnableModel {
  if (exchange.size === 0) return model;
  const each = (tensors: Tensors, convert: (tensor: Tensor) => Tensor): Tensors =>
    new Map(
      Array.from(tensors, ([name, tensor]) => [
        name,
        exchange.has(name) ? convert(tensor) : tensor,
      ]),
    );
  return {
    run: async (inputs) => each(await model.run(each(inputs, fromBits)), toBits),
    close: () => model.close(),
  };
}

function fromBits({ shape, data }: Tensor): Tensor {
  return { datatype: "FP32", shape, data: Float32Array.from(data as Uint16Array, fromBfloat16) };
}

function toBits({ shape, data }: Tensor): Tensor {
  return { datatype: "BF16", shape, data: Uint16Array.from(data as Float32Array, toBfloat16) };
}
