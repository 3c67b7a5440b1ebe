import type { Manifest } from "@longshore/core/manifest";

/** A first bundle on its way to text: values, and what is said about them in comments. */
export interface Draft {
  readonly task: Manifest["task"];
  readonly inputs: readonly FieldDraft[];
  readonly before: readonly StepDraft[];
  readonly after: readonly StepDraft[];
  readonly outputs: readonly FieldDraft[];
  /** Why there is no pipeline yet, though there should be one: it is written as a comment. */
  readonly blocked?: string;
  /** Said at the beginning, a paragraph each. */
  readonly remarks: readonly string[];
}

/** A field of the bundle. */
export interface FieldDraft {
  readonly name: string;
  readonly field: Readonly<Record<string, unknown>>;
  readonly comment?: string;
}

/** A step of the pipeline. */
export interface StepDraft {
  readonly step: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly comment?: string;
}

/** What goes into the model: the part of a draft before it. */
export type InputDraft = Pick<Draft, "inputs" | "before" | "remarks"> & {
  readonly blocked?: string;
};
