import type { PredictAnswer, Signature, Tensors } from "@longshore/core";
import { openLocal } from "./local.ts";
import { openRemote } from "./remote.ts";

/** A model that calls are made of, in this process or on a server. */
export interface Target extends AsyncDisposable {
  readonly name: string;
  readonly signature: Signature;
  /**
   * Natural JSON, as `POST /predict/{model}` takes and answers it.
   *
   * @throws LongshoreError
   */
  predict(body: string): Promise<string>;
  /**
   * Tensors as they are.
   *
   * @param outputs names of the outputs to compute; all of them when empty.
   * @throws LongshoreError
   */
  infer(inputs: Tensors, outputs: readonly string[]): Promise<PredictAnswer>;
}

/**
 * Opens the model that a command line names: a path, or the address of a model on a server.
 *
 * @throws LongshoreError
 */
export function openTarget(place: string): Promise<Target> {
  return /^https?:\/\//i.test(place) ? openRemote(place) : openLocal(place);
}
