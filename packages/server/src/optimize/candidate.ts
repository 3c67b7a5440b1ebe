import type { Skipped } from "@longshore/onnx";
import type { Recipe } from "./recipe.ts";
import type { Speed } from "./speed.ts";

/**
 * How far the search got with a candidate:
 *
 * - `measured`: accuracy and speed are known;
 * - `rejected`: it loses more than allowed, so its speed was not measured;
 * - `notApplicable`: its passes find nothing to change in this graph, or not for this target;
 * - `failed`: a pass, ONNX Runtime or the check of the result failed.
 */
export type Status = "measured" | "rejected" | "notApplicable" | "failed";

/** A model that the search tried: a line of its table. */
export interface Candidate {
  readonly name: string;
  readonly recipe: Recipe;
  readonly status: Status;
  /** Why it is not `measured`. */
  readonly reason: string;
  /** What the passes did, in words. */
  readonly changes: readonly string[];
  /** What they had to leave as it was. */
  readonly skipped: readonly Skipped[];
  /** The file while the search is on. */
  readonly file: string | undefined;
  /** Bytes of the file and its external data. */
  readonly bytes: number | undefined;
  readonly quality: Quality | undefined;
  /** Bytes by which a process grows that loads it and runs it. */
  readonly memoryBytes: number | undefined;
  readonly speed: Speed | undefined;
}

/** How well a model does on the samples. */
export interface Quality {
  readonly value: number;
  /** What it loses against the original, as `--max-drop` counts: negative where it gains. */
  readonly drop: number;
}

/** A candidate of which everything is known. */
export interface Measured extends Candidate {
  readonly status: "measured";
  readonly bytes: number;
  readonly quality: Quality;
  readonly memoryBytes: number;
  readonly speed: Speed;
}

export function isMeasured(candidate: Candidate): candidate is Measured {
  return candidate.status === "measured";
}
