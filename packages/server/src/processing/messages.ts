/** What the I/O thread and a processing thread say to each other. Plain data: it is cloned. */

import type { ErrorCode, Tensors } from "@longshore/core";
import type { PipelineTerms } from "./terms.ts";
import type { ProcessedBundle } from "./bundle.ts";
import type { Encoded, PredictCall } from "./predict.ts";
import type { Processed } from "./process.ts";

/** A request to a thread; `bundle` is the number that it was opened under. */
export type Request =
  | { readonly type: "open"; readonly bundle: number; readonly about: ProcessedBundle }
  | { readonly type: "close"; readonly bundle: number }
  | { readonly type: "before"; readonly bundle: number; readonly call: PredictCall }
  | {
      readonly type: "after";
      readonly bundle: number;
      readonly processed: Processed;
      readonly outputs: Tensors;
      readonly call: Pick<PredictCall, "id" | "accept">;
    };

export type Reply =
  | { readonly type: "opened"; readonly terms: PipelineTerms }
  | { readonly type: "closed" }
  | { readonly type: "before"; readonly processed: Processed }
  | { readonly type: "after"; readonly encoded: Encoded }
  | { readonly type: "failed"; readonly failure: Failure };

/** An error on its way between threads. */
export type Failure =
  /** Of the catalogue: for the caller. */
  | { readonly code: ErrorCode; readonly message: string }
  /** A `PipelineProblem`: for whoever wrote the bundle. */
  | { readonly path: readonly (string | number)[]; readonly message: string }
  | { readonly message: string };

/** A request about a bundle, without its number. */
export type BundleRequest =
  | Omit<Extract<Request, { type: "before" }>, "bundle">
  | Omit<Extract<Request, { type: "after" }>, "bundle">;

/** A bundle in threads that process its calls. */
export interface BundleThread {
  /** Makes sure that it can be opened. */
  open(): Promise<Reply>;
  /**
   * @param buffers handed over with the request.
   * @throws Error where the thread ended before it answered.
   */
  ask(request: BundleRequest, buffers: ArrayBuffer[]): Promise<Reply>;
  close(): Promise<void>;
}
