import type { Signature, Tensors } from "@longshore/core";

/** One call of a model: a body of the plain route as JSON text, or tensors. */
export type Call = {
  /** Fields of the data that are no inputs, shown beside the answer's rows: one list a row. */
  readonly carried?: readonly (readonly string[])[];
} & ({ readonly body: string } | { readonly tensors: Tensors });

/** All that is asked of a model. */
export interface Calls {
  readonly calls: Iterable<Call>;
  /** Names of the carried fields. */
  readonly carried: readonly string[];
  /** What was decided about the data without being asked, for the user to check. */
  readonly notes: readonly string[];
}

/** Rows and characters (or bytes) that one call holds at most: well below a server's limits. */
const MAX_ROWS = 1024;
export const MAX_SIZE: number = 8 * 2 ** 20;

/** Rows that a call holds: all of a fixed first axis, else up to {@link MAX_ROWS}. */
export function rowsPerCall({ inputs }: Signature): number {
  const lengths = inputs
    .map((spec) => spec.shape[0])
    .filter((length) => typeof length === "number");
  return Math.max(1, Math.min(MAX_ROWS, ...lengths));
}

/** Whether a model's inputs all have an axis of rows of any number. */
export function hasFreeRows({ inputs }: Signature): boolean {
  return inputs.every((spec) => typeof spec.shape[0] === "string");
}
