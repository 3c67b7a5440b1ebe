import type { PredictAnswer, Signature, Tensors } from "@longshore/core";
import type { InputField } from "@longshore/core/manifest";
import { openLocal } from "./local.ts";
import { openRemote } from "./remote.ts";

/** A model that calls are made of, in this process or on a server. */
export interface Target extends AsyncDisposable {
  readonly name: string;
  readonly signature: Signature;
  /** What the bundle's callers send, where it has terms of its own. */
  readonly terms: TargetTerms | undefined;
  /**
   * A call of `POST /predict/{model}`: bodies and answers as that takes and gives them.
   *
   * @throws LongshoreError
   */
  predict(body: string | Uint8Array, headers?: TargetHeaders): Promise<string>;
  /**
   * Tensors as they are.
   *
   * @param outputs names of the outputs to compute; all of them when empty.
   * @throws LongshoreError
   */
  infer(inputs: Tensors, outputs: readonly string[]): Promise<PredictAnswer>;
}

export interface TargetTerms {
  readonly fields: Readonly<Record<string, InputField>>;
  /** Rows that one call may have. */
  readonly maxRows: number;
}

/** JSON both, by default. */
export interface TargetHeaders {
  readonly contentType?: string;
  readonly accept?: string;
}

/**
 * Opens the model that a command line names: a path, or the address of a model on a server.
 *
 * @param allowCode whether code in a bundle may run in this process.
 * @throws LongshoreError
 */
export function openTarget(place: string, allowCode: boolean): Promise<Target> {
  return /^https?:\/\//i.test(place) ? openRemote(place) : openLocal(place, allowCode);
}
