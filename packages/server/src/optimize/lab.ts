import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LongshoreError } from "@longshore/core";
import type { SignatureOverride } from "@longshore/core/manifest";
import { overrideSignature, type TargetName } from "@longshore/onnx";
import { loadModelFile } from "../engine/loadModelFile.ts";
import { readMachine } from "../engine/machine.ts";
import { hashModelFile } from "../engine/modelHash.ts";
import { isHeavy } from "../engine/pool.ts";
import { messageOf } from "../engine/messageOf.ts";
import { makeTemporaryFolder } from "../engine/temporaryFolder.ts";
import { Trials } from "../engine/trial.ts";
import { writeModelFile } from "../engine/writeModelFile.ts";
import type { Goal } from "./choose.ts";
import { chooseMetric, type Metric, type MetricName } from "./metrics.ts";
import type { TriedFile } from "./openModel.ts";
import { openSamples, type SampleOptions, type Samples } from "./samples.ts";
import type { Job } from "./tasks.ts";
import { Workshop } from "./workshop.ts";

export interface SearchOptions {
  readonly model: { readonly name: string; readonly version: string; readonly file: string };
  /** Other names and shapes of its inputs and outputs, as its bundle gives them. */
  readonly signature: SignatureOverride | undefined;
  /** Samples: a file or a folder of images. */
  readonly data: string;
  readonly sampleOptions: SampleOptions;
  /** What fits the model and the labels by default. */
  readonly metric: MetricName | undefined;
  readonly maxDrop: number;
  readonly goal: Goal;
  readonly target: TargetName;
  /** Rows of a run under load. */
  readonly batch: number;
  /** Rounds of timing at most. */
  readonly rounds: number;
  /** Version of this program, for the record. */
  readonly longshore: string;
  /** Ends the search: whatever runs is killed and all files are removed. */
  readonly signal: AbortSignal;
  /** Told what is being done, and how far that is. */
  readonly onProgress: (what: string, how?: string) => void;
}

/** Everything that a search works with. Disposing of it ends its processes and removes its files. */
export interface Lab extends AsyncDisposable {
  readonly options: SearchOptions;
  readonly job: Job;
  readonly samples: Samples;
  readonly metric: Metric;
  /** The original under the names that it is served under, as it was tried, and its hash. */
  readonly original: TriedFile & { readonly sha256: string };
  /** Where the cleaned model is written. */
  readonly prepared: string;
  /** What candidates are made of: the cleaned model, unless cleaning it failed. */
  base: string;
  /** Where candidates lie, each in a folder of its own. */
  readonly folder: string;
  readonly trials: Trials;
  /** Where candidates are built and judged, one after another. */
  readonly builder: Workshop;
}

/** More rows find hardly wider ranges, and take longer. */
const CALIBRATION_ROWS = 128;

/**
 * Tries the original, reads the samples, and makes a place to work in.
 *
 * @throws LongshoreError MODEL_INVALID, DATA_INVALID.
 */
export async function openLab(options: SearchOptions): Promise<Lab> {
  const { data, sampleOptions, target, batch, signal } = options;
  await using open = new AsyncDisposableStack();
  const trials = open.use(new Trials());
  const endTrials = (): void => void trials[Symbol.asyncDispose]();
  signal.addEventListener("abort", endTrials);
  open.defer(() => signal.removeEventListener("abort", endTrials));
  options.onProgress("reading the model and the samples");
  const folder = await makeTemporaryFolder("optimize");
  open.defer(() => rm(folder, { recursive: true, force: true }));
  const file = await withServedNames(options, folder);
  const examination = await trials.examine(file);
  const { signature } = examination;
  const samples = await openSamples(data, signature, sampleOptions);
  const metric = chooseMetric(signature, samples, options.metric);
  const sha256 = await hashModelFile(file);
  signal.throwIfAborted();

  const answers = join(folder, "answers");
  await mkdir(answers);
  const job: Job = {
    original: file,
    signature,
    data,
    sampleOptions,
    metric: options.metric,
    calibrationRows: CALIBRATION_ROWS,
    target,
    rowsPerRun: examination.batch.batchable ? batch : 1,
    batch,
    threads: isHeavy(examination) ? readMachine().cores : 1,
    folder,
    answers,
  };
  const builder = open.use(new Workshop(job, signal));
  const kept = open.move();
  return {
    options,
    job,
    samples,
    metric,
    original: { file, examination, sha256 },
    prepared: join(folder, "clean", "clean.onnx"),
    base: file,
    folder,
    trials,
    builder,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** An error that ends the search, as the original itself does not run: with the model and the samples. */
export function ofOriginal(error: unknown, { model, data, signal }: SearchOptions): unknown {
  if (signal.aborted || error instanceof LongshoreError) return error;
  return new Error(`${model.file} on ${data}: ${messageOf(error)}`);
}

/** The original's file, or a copy of it with other names and shapes. */
async function withServedNames(
  { model: { file }, signature }: SearchOptions,
  folder: string,
): Promise<string> {
  if (signature === undefined) return file;
  const served = join(folder, "original", "original.onnx");
  await mkdir(join(folder, "original"));
  await writeModelFile(served, overrideSignature(await loadModelFile(file), signature, file));
  return served;
}
