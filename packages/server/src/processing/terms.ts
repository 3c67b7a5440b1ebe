import type { Signature } from "@longshore/core";
import type { InputField, Manifest, OutputField } from "@longshore/core/manifest";
import type { ColumnTypes } from "@longshore/core/pipeline";
import type { BodyFormat } from "./mediaTypes.ts";

/** What callers of a bundle with a pipeline send and get: what its documentation shows. Plain data. */
export interface PipelineTerms {
  readonly inputs: Readonly<Record<string, InputField>>;
  readonly outputs: Readonly<Record<string, OutputField>>;
  /** Columns of the answer, in their order. */
  readonly answer: ColumnTypes;
  /** How bodies can be written. */
  readonly takes: readonly BodyFormat[];
  /** Rows that one call may have. */
  readonly maxRows: number;
}

/** Whether a bundle says what callers send and get in their own terms. */
export function hasTerms({ inputs, outputs, pipeline }: Manifest): boolean {
  return inputs !== undefined || outputs !== undefined || pipeline !== undefined;
}

/** Whether a graph was made for one row at a time: it is then run once a row. */
export function isOneRow({ inputs, outputs }: Signature): boolean {
  return [...inputs, ...outputs].every(({ shape }) => shape[0] === 1);
}
