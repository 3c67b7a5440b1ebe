import type { Datatype } from "../datatype.ts";

/**
 * A column as an example writes it: numbers (null for a missing one), texts, or what a list cannot
 * tell. Shapes are with the axis of rows.
 */
export type ExampleColumn =
  | readonly (number | null)[]
  | readonly (string | null)[]
  | {
      readonly datatype: Datatype;
      readonly shape: readonly number[];
      readonly data: readonly (number | string)[];
      readonly labels?: readonly string[];
    }
  | { readonly series: readonly (readonly number[])[]; readonly rates?: readonly number[] }
  | { readonly base64: readonly string[] }
  | { readonly json: readonly unknown[] };

/** A real example of a step: shown in its documentation, and run by a test. */
export interface StepExample {
  /** Options as in the yaml. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly given: Readonly<Record<string, ExampleColumn>>;
  /** All columns afterwards. */
  readonly gives: Readonly<Record<string, ExampleColumn>>;
  /** Flags afterwards, where the step makes some: `row 0: age (range)`. */
  readonly flags?: readonly string[];
  /** Modules of the bundle that the step runs, in JavaScript, by name. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Files of the bundle that the step reads, as JSON, by name. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Fields of the bundle that the step reads, as in the yaml. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}
