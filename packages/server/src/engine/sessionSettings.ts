import { dirname } from "node:path";
import type { SessionSettings } from "@longshore/core/manifest";
import type { InferenceSession } from "onnxruntime-node";

/** What decides how a session runs. */
export interface SessionWishes {
  /** Of the model's file. */
  readonly path: string;
  /** Threads of one run. */
  readonly intraOpThreads: number;
  /** What the model's settings ask for. */
  readonly session?: SessionSettings | undefined;
  /** Takes half of the memory, and a third more time: for tools that run a model a few times. */
  readonly frugal?: boolean;
}

/** Options of a session in ONNX Runtime's own terms. */
export function toOrtOptions({
  path,
  intraOpThreads,
  session: wishes = {},
  frugal = false,
}: SessionWishes): InferenceSession.SessionOptions {
  const parallel = wishes.parallel === true;
  return {
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: parallel ? (wishes.interOpThreads ?? 1) : 1,
    executionMode: parallel ? "parallel" : "sequential",
    graphOptimizationLevel: wishes.graphOptimization ?? "all",
    enableCpuMemArena: wishes.memoryArena ?? true,
    enableMemPattern: wishes.memoryPattern ?? true,
    // At the basic level, weights are not packed anew for the fastest kernels; without an arena and
    // its patterns, what is computed is freed as soon as nothing needs it.
    ...(frugal && {
      graphOptimizationLevel: "basic",
      enableCpuMemArena: false,
      enableMemPattern: false,
    }),
    // Fatal only: errors are thrown as well, and reach the log or the caller with their context.
    logSeverityLevel: 4,
    extra: {
      // A spinning pool would take cores from the I/O thread and from other models' workers.
      "session.intra_op.allow_spinning": "0",
      ...wishes.config,
      // After what a configuration says: no model may have its weights read from elsewhere.
      "session.model_external_initializers_file_folder_path": dirname(path),
    },
  };
}
