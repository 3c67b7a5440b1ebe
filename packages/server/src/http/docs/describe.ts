import type { Signature } from "@longshore/core";
import type { PipelineTerms } from "../../processing/terms.ts";

/** What the documentation says of one version of one model. */
export interface ModelDescription {
  readonly name: string;
  readonly version: string;
  /** Whether this version answers the calls that name none. One version of each model does. */
  readonly isDefault: boolean;
  readonly description?: string;
  /** What kind of question it answers, in the words of model hubs. */
  readonly task?: string;
  readonly signature: Signature;
  /** What callers of the predict route send and get, where the bundle has terms of its own. */
  readonly terms?: PipelineTerms;
  /** Whether rows of several requests are run together. */
  readonly batchable: boolean;
  /** Rows that are run together, where `batchable`; a larger request is split. */
  readonly maxBatchSize: number;
  /** A working body of `POST /predict/{model}`, such as the first golden example. */
  readonly example?: unknown;
}

/** What is served at this moment. */
export interface ServerDescription {
  readonly name: string;
  readonly version: string;
  readonly models: readonly ModelDescription[];
}
