import type { z } from "zod";
import type { Signature } from "../signature.ts";
import type { ColumnTypes, Frame } from "./frame.ts";
import type { Lowering } from "./lowering.ts";
import type { Notes } from "./notes.ts";
import type { Platform } from "./platform.ts";
import type { StepExample } from "./example.ts";
import type { InputField, OutputField } from "../manifest/fields.ts";
import type { Profile } from "../profile/index.ts";

/**
 * A kind of step: what `step: <name>` in a bundle's pipeline means. One file each; `steps.ts` lists
 * them. Its schema, summary and example make the JSON Schema and the reference page, and one test
 * runs every example.
 */
export interface Step {
  readonly name: string;
  /** Where it may stand: `before` the model, `after` it, or either. */
  readonly phase: "before" | "after" | "either";
  /** One sentence, for the reference page. */
  readonly summary: string;
  /** Options beside `step`; each described. Fitted values keep the names of scikit-learn. */
  readonly options: z.ZodObject;
  readonly examples: readonly StepExample[];
  /** See {@link StepDefinition.prepare}; `options` have been through the schema. */
  prepare(options: object, context: StepContext): PreparedStep | Promise<PreparedStep>;
}

/** What a step is made ready with, once per loaded model. */
export interface StepContext {
  /** The columns that come. */
  readonly types: ColumnTypes;
  readonly phase: "before" | "after";
  /** What the bundle says of its inputs and outputs, in the user's terms. */
  readonly inputs: Readonly<Record<string, InputField>>;
  readonly outputs: Readonly<Record<string, OutputField>>;
  /** The model's own inputs and outputs. */
  readonly signature: Signature;
  /** Statistics of the training data, where the bundle has them. */
  readonly profile: Profile | undefined;
  readonly platform: Platform;
}

/** A step that is ready for calls. */
export interface PreparedStep {
  /** The columns that it leaves. */
  readonly types: ColumnTypes;
  /**
   * The plain reference implementation: changes the frame in place. Values of a column belong to
   * whoever made it: a step that changes them makes a new column.
   *
   * @throws LongshoreError for what is wrong with the caller's values.
   */
  apply(frame: Frame, notes: Notes): void | Promise<void>;
  /**
   * Writes the same computation as ONNX nodes; absent where ONNX cannot express it. Equal to
   * `apply` but for float32 rounding: a property test holds the two together.
   */
  readonly lower?: (lowering: Lowering) => void;
}

/** As {@link Step}, with the options typed by the schema. */
interface StepDefinition<Options extends z.ZodObject> extends Omit<Step, "prepare" | "options"> {
  readonly options: Options;
  /**
   * Checks the options against the columns that come, and makes the step ready.
   *
   * @throws StepProblem in words for whoever wrote the bundle.
   */
  prepare(options: z.output<Options>, context: StepContext): PreparedStep | Promise<PreparedStep>;
}

/** Defines a kind of step; see `tables/standardize.ts` for a model of one. */
export function defineStep<Options extends z.ZodObject>(definition: StepDefinition<Options>): Step {
  return definition as unknown as Step;
}

/** What is wrong with a step in a bundle; the pipeline adds which step it is. */
export class StepProblem extends Error {
  override readonly name = "StepProblem";
  /** The option that it is about, where it is about one: `columns.3`. */
  readonly option: string | undefined;

  constructor(message: string, option?: string) {
    super(message);
    this.option = option;
  }
}
