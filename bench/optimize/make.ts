/**
 * Makes one form of a model in a process of its own, and tells how long that took and what memory.
 *
 *     node bench/optimize/make.ts static-int8 model.onnx out.onnx
 */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Tensors } from "@longshore/core";
import {
  calibrate,
  pruneChannels,
  quantizeDynamic,
  quantizeStatic,
  quantizeWeights,
  type Model,
} from "@longshore/onnx";
import { loadModelFile } from "../../packages/server/src/engine/loadModelFile.ts";
import { writeModelFile } from "../../packages/server/src/engine/writeModelFile.ts";
import { createOpener } from "../../packages/server/src/optimize/openModel.ts";
import { createRandom } from "../random.ts";
import { runScript } from "../script.ts";

export interface MakeReport {
  /** From the model's file to the other's, both included. */
  readonly seconds: number;
  /** Most memory of the process, less what it had before the model was read; Linux only. */
  readonly peakBytes: number | undefined;
  /** Size of what was made. */
  readonly bytes: number;
}

/** Random weights have no answers that could suffer: a handful of samples shows the cost. */
const SAMPLES = 4;
const IMAGE = [1, 3, 224, 224];

const open = createOpener({ folder: tmpdir(), threads: 1, frugal: true });

const MAKERS = {
  "static-int8": async (model) =>
    quantizeStatic(model, await calibrate(model, images(), open), {}).model,
  "pruned-static-int8": async (model) => {
    const pruned = (await pruneChannels(model, { fraction: 0.5 })).model;
    return quantizeStatic(pruned, await calibrate(pruned, images(), open), {}).model;
  },
  "dynamic-int8": async (model) => quantizeDynamic(model).model,
  // Blocks of 32 are more exact, but with a scale each only 6.4 times smaller.
  int4: async (model) => quantizeWeights(model, { bits: 4, blockSize: 128, symmetric: true }).model,
} satisfies Record<string, (model: Model) => Promise<Model>>;

export type Form = keyof typeof MAKERS;

/** Makes it in a new process. */
export async function make(form: Form, from: string, to: string): Promise<MakeReport> {
  const report = await runScript(fileURLToPath(import.meta.url), {
    args: [form, from, to],
    limit: 300,
  });
  return report as MakeReport;
}

async function* images(): AsyncGenerator<Tensors> {
  const random = createRandom(2);
  const count = IMAGE.reduce((a, b) => a * b);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const data = Float32Array.from({ length: count }, () => 2 * random() - 1);
    yield new Map([["input", { datatype: "FP32", shape: IMAGE, data }]]);
  }
}

/** Most memory that this process ever had resident, in bytes. */
function peakMemory(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const status = readFileSync("/proc/self/status", "latin1");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

if (import.meta.main) {
  const [form, from, to] = process.argv.slice(2) as [Form, string, string];
  const before = peakMemory();
  const started = performance.now();
  const { bytes } = await writeModelFile(to, await MAKERS[form](await loadModelFile(from)));
  const seconds = (performance.now() - started) / 1000;
  const after = peakMemory();
  const peakBytes = after === undefined || before === undefined ? undefined : after - before;
  console.log(JSON.stringify({ seconds, peakBytes, bytes } satisfies MakeReport));
}
