/** What is asked of a workshop, and what it answers. Plain data: everything is structured-cloned. */
import type { ErrorCode, Signature } from "@longshore/core";
import type { Skipped, TargetName } from "@longshore/onnx";
import type { MetricName } from "./metrics.ts";
import type { TriedFile } from "./openModel.ts";
import type { Step } from "./recipe.ts";
import type { SampleOptions } from "./samples.ts";
import type { Layer } from "./sensitivity.ts";

/** What all tasks of a search share. */
export interface Job {
  /** The model that the search began with. */
  readonly original: string;
  readonly signature: Signature;
  readonly data: string;
  readonly sampleOptions: SampleOptions;
  readonly metric: MetricName | undefined;
  /** Rows at most that ranges are found on and layers are refitted on. */
  readonly calibrationRows: number;
  readonly target: TargetName;
  /** Rows of a run while the metric is computed and ranges are found. */
  readonly rowsPerRun: number;
  /** Rows of a run under load. */
  readonly batch: number;
  /** Threads of a run. */
  readonly threads: number;
  /** Where models are written that are only opened. */
  readonly folder: string;
  /** Where the original's answers are kept, for the metrics that compare with them. */
  readonly answers: string;
}

export type Task =
  | { readonly type: "versions" }
  /** Cleans the original, and writes what came of it. */
  | { readonly type: "prepare"; readonly file: string }
  /** Makes a candidate of a model, and writes it. */
  | {
      readonly type: "build";
      readonly base: string;
      readonly steps: readonly Step[];
      readonly file: string;
    }
  /** Computes the metric, of the original first. */
  | {
      readonly type: "evaluate";
      readonly model: TriedFile;
      /** Absent for the original. */
      readonly original?: Evaluation;
      /** Loss beyond which it is no use going on. */
      readonly hopeless: number;
    }
  /** The layers whose numbers can be made smaller, in the graph's order. */
  | { readonly type: "layers"; readonly base: string }
  /** What steps do to the answers of the model that they are applied to. */
  | { readonly type: "sensitivity"; readonly base: string; readonly steps: readonly Step[] }
  /** Opens a model to time it. */
  | { readonly type: "open"; readonly model: TriedFile }
  /** Runs the open model for a moment. */
  | { readonly type: "time"; readonly rows: "one" | "serving" };

/** The answer to each type of task. */
export interface Answers {
  readonly versions: { readonly onnxruntime: string };
  readonly prepare: Built;
  readonly build: Built;
  readonly evaluate: Evaluation;
  readonly layers: readonly Layer[];
  /** Signal to quantisation noise in dB; Infinity where nothing changed. */
  readonly sensitivity: number;
  readonly open: { readonly memoryBytes: number };
  /** Milliseconds of each run. */
  readonly time: readonly number[];
}

export type Reply =
  | { readonly answer: Answers[Task["type"]] }
  | { readonly error: string; readonly code: ErrorCode | undefined };

/** What passes did. */
export interface Built {
  readonly changes: readonly string[];
  readonly skipped: readonly Skipped[];
  /** Why there is no such candidate; nothing was written then. */
  readonly notApplicable: string | undefined;
  /** Of the file and its external data; 0 if there is none. */
  readonly bytes: number;
}

/** A metric over the samples. */
export interface Evaluation {
  /** Of the first rows alone. */
  readonly beginning: number;
  /** Of all rows; undefined if the beginning was hopeless. */
  readonly whole: number | undefined;
}
