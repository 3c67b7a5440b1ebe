import type { Result } from "./output.ts";

/** Calls of a model, each made when its answer is asked for. */
export interface Asked {
  readonly asked: Iterable<{
    /** The answer as it comes. */
    json(): Promise<string>;
    rows(): Promise<Result[]>;
  }>;
  /** Names of the fields of the data that are shown beside the answers. */
  readonly carried: readonly string[];
}
