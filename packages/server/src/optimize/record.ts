import { arch, cpus } from "node:os";
import type { TargetName } from "@longshore/onnx";
import { hashFiles, hashModelFile } from "../engine/modelHash.ts";
import { readCpuFacts } from "../engine/cpuFeatures.ts";
import { readMachine } from "../engine/machine.ts";
import type { Candidate } from "./candidate.ts";
import type { Choice, Goal } from "./choose.ts";
import { filesOf } from "./dataFiles.ts";
import type { Lab } from "./lab.ts";
import { splitRows } from "./samples.ts";

/** The format's name and version, first in the file. */
export const RECORD_FORMAT = "longshore-optimize/1";

/**
 * Everything about a search, as JSON beside what it chose: what was tried, how, on which data, what
 * was measured, and on what.
 */
export interface SearchRecord {
  readonly format: typeof RECORD_FORMAT;
  /** When the search ended, ISO 8601. */
  readonly made: string;
  readonly versions: {
    readonly longshore: string;
    readonly onnxruntime: string;
    readonly node: string;
  };
  readonly machine: {
    readonly cpu: string;
    readonly arch: string;
    /** Instruction sets that ONNX Runtime has kernels for. */
    readonly features: readonly string[];
    readonly cores: number;
    readonly memoryBytes: number;
  };
  readonly model: FileFacts & { readonly name: string; readonly version: string };
  readonly data: DataFacts;
  readonly rules: Rules;
  /** The original first. Files of candidates that were not chosen are gone. */
  readonly candidates: readonly Omit<Candidate, "file">[];
  /** Which layers lose most, where that was asked: those of a group were changed together. */
  readonly sensitivity: readonly Sensitivity[];
  /** Names of those that no other beats in both what they lose and what they cost. */
  readonly front: readonly string[];
  readonly chosen: { readonly name: string; readonly reason: string };
  /** What was written; undefined where the original was kept. */
  readonly variant: FileFacts | undefined;
}

/** What becomes of the answers if a recipe changes nothing but some layers. */
export interface Sensitivity {
  readonly recipe: string;
  /** The most sensitive first. */
  readonly groups: readonly {
    /** Labels of the nodes. */
    readonly layers: readonly string[];
    /** Signal to quantisation noise in dB; `equal` answers have none, and some cannot be run. */
    readonly sqnr: number | "equal" | "failed";
  }[];
}

export interface FileFacts {
  /** Relative to the bundle, or as the user named it. */
  readonly file: string;
  /** Of the file and, after it, of its external data. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface DataFacts {
  readonly file: string;
  /** Of the file; of a folder, of all files in it in the order of their paths. */
  readonly sha256: string;
  readonly rows: number;
  /** Rows that ranges were found on and layers were refitted on. */
  readonly calibrationRows: number;
  /** Rows that the metric was computed on. */
  readonly evaluationRows: number;
  /** Whether these are other rows than those. */
  readonly apart: boolean;
  /** Where the labels come from; undefined without labels. */
  readonly labels: string | undefined;
}

export interface Rules {
  readonly target: TargetName;
  readonly goal: Goal;
  /** What it is and what it is taken of, such as `accuracy of "label"`. */
  readonly metric: string;
  readonly maxDrop: number;
  /** Rows of a run under load. */
  readonly batch: number;
  /** Threads of a run. */
  readonly threads: number;
}

function withoutFile(candidate: Candidate): Omit<Candidate, "file"> {
  const { file: _, ...rest } = candidate;
  return rest;
}

/** Puts a record together. What was written is added when it is: `variant`. */
export async function toRecord(
  { options, job, samples, metric, original, builder }: Lab,
  found: {
    readonly candidates: readonly Candidate[];
    readonly sensitivity: readonly Sensitivity[];
    readonly choice: Choice;
  },
): Promise<SearchRecord> {
  const { candidates, sensitivity, choice } = found;
  const { model, data, target, goal, maxDrop, batch } = options;
  const { onnxruntime } = await builder.ask({ type: "versions" });
  const { calibration, evaluation } = splitRows(
    samples.count,
    job.calibrationRows,
    samples.fixedRows,
  );
  const { features } = await readCpuFacts();
  return {
    format: RECORD_FORMAT,
    made: new Date().toISOString(),
    versions: { longshore: options.longshore, onnxruntime, node: process.versions.node },
    machine: { cpu: cpus()[0]?.model ?? arch(), arch: arch(), features, ...readMachine() },
    model: {
      ...model,
      sha256: await hashModelFile(model.file),
      bytes: original.examination.bytes,
    },
    data: {
      file: data,
      sha256: await hashFiles(await filesOf(data)),
      rows: samples.count,
      calibrationRows: calibration.length,
      evaluationRows: evaluation.length,
      apart: samples.count > 1,
      labels: samples.labels && (options.sampleOptions.labels ?? "sub-folders"),
    },
    rules: { target, goal, metric: metric.title, maxDrop, batch, threads: job.threads },
    candidates: candidates.map(withoutFile),
    sensitivity,
    front: choice.front,
    chosen: { name: choice.chosen.name, reason: choice.reason },
    variant: undefined,
  };
}
