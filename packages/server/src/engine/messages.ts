/** What the I/O thread and a worker say to each other. Plain data: everything is structured-cloned. */

import type { Datatype, Signature } from "@longshore/core";
import type { SessionSettings, SignatureOverride } from "@longshore/core/manifest";
import type { AboutModel, Examination } from "./examine.ts";

/** How to open a session. */
export interface SessionOptions {
  /** Absolute path of the `.onnx` file. */
  readonly path: string;
  /** Name and version, for the record of runs. */
  readonly label?: string;
  /** Threads of one run; 1 runs on the worker itself. */
  readonly intraOpThreads: number;
  readonly signature: Signature;
  /** Whether the graph must be edited on load so that all its outputs are tensors (`toServable`). */
  readonly edited: boolean;
  /** What the bundle says otherwise of the graph's inputs and outputs. */
  readonly override?: SignatureOverride | undefined;
  /** How the bundle wants ONNX Runtime to run it. */
  readonly session?: SessionSettings | undefined;
  /** The type that the session really exchanges, where it is not the signature's. */
  readonly exchange: ReadonlyMap<string, Datatype>;
}

/** What a worker is started with. */
export interface WorkerData {
  /** Where it records its runs; undefined where nobody looks at them. */
  readonly recordFd: number | undefined;
}

/** A tensor on its way into a session: where it lies in the message's arena, or its strings. */
export type PlacedTensor =
  | { readonly dims: readonly number[]; readonly offset: number; readonly bytes: number }
  | { readonly dims: readonly number[]; readonly strings: readonly string[] };

/** One `session.run()`. */
export interface Run {
  /** Inputs in the signature's order. */
  readonly inputs: readonly PlacedTensor[];
  /** Rows of each caller, in order, where the run is a batch of several callers. */
  readonly parts: readonly number[] | undefined;
}

/** A tensor on its way out. */
export interface OutputTensor {
  readonly dims: readonly number[];
  readonly data: ArrayBufferView | readonly string[];
}

/** What came of one caller's part of a run. */
export type PartResult =
  | { readonly outputs: readonly OutputTensor[]; readonly error?: undefined }
  | { readonly error: string };

/**
 * What came of one run. `whole`: the callers' rows are in these outputs in order, still to be
 * sliced. `parts`: each caller has its own result, because the rows had to be run separately.
 */
export type RunResult =
  | { readonly whole: readonly OutputTensor[] }
  | { readonly parts: readonly PartResult[] };

/** Milliseconds of a message's phases, added up over its runs. */
export interface Timing {
  readonly input: number;
  readonly infer: number;
  readonly output: number;
}

export type Request =
  | { readonly type: "open"; readonly session: number; readonly options: SessionOptions }
  | { readonly type: "release"; readonly session: number }
  | { readonly type: "examine"; readonly path: string; readonly about: AboutModel | undefined }
  | {
      readonly type: "run";
      readonly session: number;
      readonly runs: readonly Run[];
      /** Names of the outputs to compute; all when undefined. */
      readonly outputs: readonly string[] | undefined;
      readonly arena: ArrayBuffer;
    }
  | { readonly type: "exit" };

export type Reply =
  | { readonly type: "done" }
  | { readonly type: "examined"; readonly examination: Examination }
  | { readonly type: "ran"; readonly results: readonly RunResult[]; readonly timing: Timing }
  | { readonly type: "failed"; readonly message: string };

export type RunRequest = Extract<Request, { type: "run" }>;
export type RunReply = Extract<Reply, { type: "ran" }>;
