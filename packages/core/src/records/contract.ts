import type { InputField } from "../manifest/fields.ts";
import type { ColumnTypes, Frame } from "../pipeline/frame.ts";
import type { CallParameters } from "../predict/envelope.ts";
import type { PredictForm } from "../predict/index.ts";

/** A bundle as far as a call in its own terms can be judged by it. */
export interface RecordContract {
  /** The model's name, for messages. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputField>>;
  /** Columns of the answer, in their order. */
  readonly answer: ColumnTypes;
  /** Rows that one call may have. */
  readonly maxRows: number;
}

/** Rows of a bundle that says nothing about them. */
export const DEFAULT_MAX_ROWS = 10_000;

/** What was read from a call. */
export interface DecodedRecords extends CallParameters {
  /** A column a field, as `typeOf` of the pipeline has them. */
  readonly frame: Frame;
  /** How the rows were written, which the answer mirrors. */
  readonly form: PredictForm;
  /** Columns of the answer that are wanted, in this order; absent: all. */
  readonly outputs?: readonly string[];
}
