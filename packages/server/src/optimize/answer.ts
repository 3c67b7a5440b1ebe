/** The workshop's side of the tasks: what is asked of it is done here, one task at a time. */
import type { Tensors } from "@longshore/core";
import { checkGraph, type OpenModel, type Ranges, type RunnableModel } from "@longshore/onnx";
import { loadModelFile } from "../engine/loadModelFile.ts";
import { ort } from "../engine/ort.ts";
import { messageOf } from "../engine/messageOf.ts";
import { writeModelFile } from "../engine/writeModelFile.ts";
import { applySteps, prepare, type Made } from "./applySteps.ts";
import { calibrationInputs } from "./calibrationInputs.ts";
import { evaluate } from "./evaluate.ts";
import { chooseMetric, type Metric } from "./metrics.ts";
import { createOpener, openServableFile } from "./openModel.ts";
import { openSamples, splitRows, type RowSplit, type Samples } from "./samples.ts";
import { fidelity, layersOf } from "./sensitivity.ts";
import type { Answers, Built, Job, Task } from "./tasks.ts";
import { takeRows, timeRuns, warmUp, type TimedRows } from "./timing.ts";

/** Rows that tell layers apart well enough. */
const SENSITIVITY_ROWS = 8;

/** What a workshop keeps between tasks. */
interface Memory {
  data?: Promise<Data>;
  readonly ranges: Map<string, Ranges>;
  /** The unchanged model's answers to the rows that sensitivity is measured on. */
  answers?: Promise<Tensors[]>;
  timed?: { readonly model: RunnableModel; readonly rows: TimedRows };
}

interface Data {
  readonly samples: Samples;
  readonly split: RowSplit;
  readonly metric: Metric;
}

const memory: Memory = { ranges: new Map() };

export async function answer(task: Task, job: Job): Promise<Answers[Task["type"]]> {
  switch (task.type) {
    case "versions":
      return { onnxruntime: ort.env.versions.node ?? "" };
    case "prepare": {
      const model = await loadModelFile(job.original);
      return save(await prepare(model, openerFor(job, true)), task.file);
    }
    case "build":
      return save(await build(task, job), task.file);
    case "evaluate": {
      const { samples, split, metric } = await dataOf(job);
      const { rowsPerRun, answers, threads } = job;
      await using model = disposable(await openServableFile(task.model, threads));
      const { original, hopeless } = task;
      const rows = split.evaluation;
      const options = { samples, rows, rowsPerRun, metric, answers, original, hopeless };
      return await evaluate(model, options);
    }
    case "layers":
      return layersOf(await loadModelFile(task.base));
    case "sensitivity":
      return sensitivity(task, job);
    case "open": {
      await memory.timed?.model.close();
      const { samples, split } = await dataOf(job);
      const rows = await takeRows(samples, split.evaluation, job.batch);
      const before = process.memoryUsage.rss();
      const model = await openServableFile(task.model, job.threads);
      memory.timed = { model, rows };
      await warmUp(model, rows.one);
      if (task.model.examination.batch.batchable)
        await warmUp(model, rows.serving).catch((error: unknown) => {
          throw new Error(
            `a run of ${job.batch} rows failed; take fewer with --batch: ${messageOf(error)}`,
          );
        });
      return { memoryBytes: Math.max(0, process.memoryUsage.rss() - before) };
    }
    case "time": {
      if (memory.timed === undefined) throw new Error("no model is open");
      return timeRuns(memory.timed.model, memory.timed.rows[task.rows]);
    }
  }
}

async function build(
  { base, steps }: Extract<Task, { type: "build" | "sensitivity" }>,
  job: Job,
): Promise<Made> {
  const { samples, split } = await dataOf(job);
  const model = await loadModelFile(base);
  return applySteps(model, steps, {
    name: base,
    target: job.target,
    open: openerFor(job, true),
    samples: calibrationInputs(samples, split.calibration, job.rowsPerRun),
    ranges: memory.ranges,
  });
}

/** Checks and writes what passes made. @throws Error with what makes the graph invalid. */
async function save(made: Made, file: string): Promise<Built> {
  const { model, changes, skipped, notApplicable } = made;
  if (notApplicable !== undefined) return { changes, skipped, notApplicable, bytes: 0 };
  const [problem, ...others] = checkGraph(model);
  if (problem !== undefined)
    throw new Error(`the graph that came out is not valid: ${problem} (and ${others.length} more)`);
  const { bytes } = await writeModelFile(file, model);
  return { changes, skipped, notApplicable: undefined, bytes };
}

async function sensitivity(
  task: Extract<Task, { type: "sensitivity" }>,
  job: Job,
): Promise<number> {
  const { samples, split } = await dataOf(job);
  const rows = split.calibration.slice(0, Math.max(SENSITIVITY_ROWS, samples.fixedRows ?? 1));
  const inputs = calibrationInputs(samples, rows, job.rowsPerRun);
  const { file } = samples;
  const metric = chooseMetric(job.signature, { file }, "sqnr");
  const made = await build(task, job);
  if (made.notApplicable !== undefined) return Number.POSITIVE_INFINITY;
  const open = openerFor(job, false);
  memory.answers ??= answersOf(task.base, open, inputs);
  await using model = disposable(await open(made.model));
  return await fidelity(model, inputs, metric, await memory.answers);
}

async function answersOf(
  file: string,
  open: OpenModel,
  inputs: AsyncIterable<Tensors>,
): Promise<Tensors[]> {
  await using model = disposable(await open(await loadModelFile(file)));
  const answers: Tensors[] = [];
  for await (const tensors of inputs) answers.push(await model.run(tensors));
  return answers;
}

function openerFor({ folder, threads }: Job, frugal: boolean): OpenModel {
  return createOpener({ folder, threads, frugal });
}

function dataOf(job: Job): Promise<Data> {
  const { data, signature, sampleOptions, metric, calibrationRows } = job;
  memory.data ??= openSamples(data, signature, sampleOptions).then((samples) => ({
    samples,
    split: splitRows(samples.count, calibrationRows, samples.fixedRows),
    metric: chooseMetric(signature, samples, metric),
  }));
  return memory.data;
}

function disposable(model: RunnableModel): RunnableModel & AsyncDisposable {
  return { ...model, [Symbol.asyncDispose]: () => model.close() };
}
