import { fail } from "@longshore/core";
import type { ModelSource } from "./scan.ts";

/** A model that takes the server down when it is run. */
export interface Quarantined {
  readonly name: string;
  readonly version: string;
  /** What happened, for whoever operates the server. */
  readonly reason: string;
}

/**
 * Models that are refused when the server starts, because their runs took down the processes before
 * this one. A refusal holds until somebody wants the model again: a registry does not open what
 * failed a second time, but for a file that has changed or by request.
 */
export class Quarantine {
  readonly #models: Map<string, Quarantined & { refused?: true }>;
  readonly #onLift: (model: Quarantined) => void;

  /** @param onLift told of a model that is not refused any more. */
  constructor(models: readonly Quarantined[], onLift: (model: Quarantined) => void) {
    this.#models = new Map(models.map((model) => [keyOf(model), { ...model }]));
    this.#onLift = onLift;
  }

  /** Asked before a model is opened. @throws LongshoreError MODEL_INVALID */
  check(source: Pick<ModelSource, "name" | "version" | "file">): void {
    const model = this.#models.get(keyOf(source));
    if (model === undefined) return;
    if (model.refused === true) {
      this.#models.delete(keyOf(source));
      this.#onLift(model);
      return;
    }
    model.refused = true;
    const problem = `${model.reason}; replace it, or load it by request, to try it again`;
    throw fail("MODEL_INVALID", { file: source.file, problem });
  }
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}/${version}`;
}
