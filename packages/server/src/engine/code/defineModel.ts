import type { Datatype } from "@longshore/core";

/** What a code model says of one of its inputs or outputs. */
export interface CodeTensorSpec {
  readonly datatype: Datatype;
  /**
   * Lengths and symbols. A symbol that comes first everywhere, such as `"N"`, counts rows: rows of
   * several callers are then put together in one call of `predict`.
   */
  readonly shape: readonly (number | string)[];
  /** Names of the places along the last axis, such as a classifier's classes. */
  readonly labels?: readonly string[];
}

export type CodeTensorSpecs = Readonly<Record<string, CodeTensorSpec>>;

/** What holds the elements of a data type. FP16 and BF16 are bit patterns; BYTES are texts. */
export interface ElementsOf {
  BOOL: Uint8Array<ArrayBuffer>;
  UINT8: Uint8Array<ArrayBuffer>;
  UINT16: Uint16Array<ArrayBuffer>;
  UINT32: Uint32Array<ArrayBuffer>;
  UINT64: BigUint64Array<ArrayBuffer>;
  INT8: Int8Array<ArrayBuffer>;
  INT16: Int16Array<ArrayBuffer>;
  INT32: Int32Array<ArrayBuffer>;
  INT64: BigInt64Array<ArrayBuffer>;
  FP16: Uint16Array<ArrayBuffer>;
  BF16: Uint16Array<ArrayBuffer>;
  FP32: Float32Array<ArrayBuffer>;
  FP64: Float64Array<ArrayBuffer>;
  BYTES: readonly string[];
}

/** A dense tensor in row-major order, as `predict` gets it. */
export interface CodeTensor<Type extends Datatype> {
  readonly datatype: Type;
  readonly shape: readonly number[];
  readonly data: ElementsOf[Type];
}

/** What `predict` gets: a tensor for each declared input. */
export type CodeInputs<Specs extends CodeTensorSpecs> = {
  readonly [Name in keyof Specs]: CodeTensor<Specs[Name]["datatype"]>;
};

/**
 * What `predict` gives: for each declared output its elements, where the declared shape and the
 * rows tell how they lie, or its elements with their shape.
 */
export type CodeOutputs<Specs extends CodeTensorSpecs> = {
  readonly [Name in keyof Specs]:
    | ElementsOf[Specs[Name]["datatype"]]
    | { readonly shape: readonly number[]; readonly data: ElementsOf[Specs[Name]["datatype"]] };
};

/** What `load` gets. */
export interface LoadContext {
  /** Absolute path of the folder that the module lies in: for files that the model needs. */
  readonly folder: string;
}

/** A model that is code. */
export interface CodeModel<
  Inputs extends CodeTensorSpecs,
  Outputs extends CodeTensorSpecs,
  State = undefined,
> {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  /** Makes what all calls of `predict` share, once in each worker thread. */
  readonly load?: (context: LoadContext) => State | Promise<State>;
  /** Computes the outputs of a batch. What it throws is told to the caller. */
  readonly predict: (
    inputs: CodeInputs<Inputs>,
    state: State,
  ) => CodeOutputs<Outputs> | Promise<CodeOutputs<Outputs>>;
}

/**
 * Defines a model that is code: what a module exports that `model:` of a bundle names, or that
 * `longshore serve` is given.
 *
 * ```ts
 * export default defineModel({
 *   inputs: { celsius: { datatype: "FP32", shape: ["N"] } },
 *   outputs: { fahrenheit: { datatype: "FP32", shape: ["N"] } },
 *   predict: ({ celsius }) => ({ fahrenheit: celsius.data.map((degrees) => degrees * 1.8 + 32) }),
 * });
 * ```
 *
 * The types of `predict` follow from `inputs` and `outputs`.
 */
export function defineModel<
  const Inputs extends CodeTensorSpecs,
  const Outputs extends CodeTensorSpecs,
  State = undefined,
>(model: CodeModel<Inputs, Outputs, State>): CodeModel<Inputs, Outputs, State> {
  return model;
}
