import type { Tensors } from "@longshore/core";
import type { Model } from "../proto/types.ts";

/**
 * Opens a model in a runtime. Passes that must run a model (calibration, constant folding) are
 * given this by whoever has one, as this package knows no runtime.
 */
export type OpenModel = (model: Model) => Promise<RunnableModel>;

/** A model that can be run. */
export interface RunnableModel {
  /** @throws Error with the runtime's message if the inputs do not fit or the run fails. */
  run(inputs: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}
