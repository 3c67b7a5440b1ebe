/**
 * Longshore as a library: models in your own program, or the whole server inside your own
 * application.
 *
 * ```ts
 * import { createServer, openModel } from "longshore";
 * ```
 */
export * from "./model.ts";
export {
  createServer,
  longshore,
  requestIdOf,
  type ServerOptions,
} from "./library/createServer.ts";
export {
  openModel,
  type InferOptions,
  type Inputs,
  type OpenModel,
  type OpenModelOptions,
  type PredictOptions,
} from "./library/openModel.ts";
export type { Datatype, Signature, Tensor, TensorSpec, TypedArray } from "@longshore/core";
export { LongshoreError } from "@longshore/core";
