import {
  byteLength,
  DATATYPES,
  type Datatype,
  elementCount,
  type Signature,
  type TensorSpec,
} from "@longshore/core";
import { hasRows, type Json } from "./schema.ts";

/** Elements above which an example is left out: nobody reads it, and it makes the document huge. */
export const EXAMPLE_LIMIT = 2000;

/** Bytes above which no binary example is offered either: a server's default limit of a body. */
const BINARY_LIMIT = 64 * 2 ** 20;

/** An example body, or in words why there is none. */
export type Example = { readonly value: Json } | { readonly missing: string };

const TOO_LARGE: Example = {
  missing: `No JSON example: the inputs hold more than ${EXAMPLE_LIMIT} elements. Large tensors travel best in binary, by the v2 protocol.`,
};

/**
 * A body that `POST /predict/{model}` accepts: the one given, else zeros of the right types and
 * shapes, with every symbolic axis at 1.
 */
export function toPredictExample(signature: Signature, given: unknown): Example {
  if (isInferenceBody(given))
    return countElements(given.inputs) <= EXAMPLE_LIMIT ? { value: given } : TOO_LARGE;
  // Not `> limit`: a count that overflows is NaN.
  const isSmall = sum(signature.inputs.map((spec) => elementCount(lengths(spec)))) <= EXAMPLE_LIMIT;
  return isSmall ? { value: { inputs: zeros(signature) } } : TOO_LARGE;
}

/**
 * The same call as a JSON body of `POST /v2/models/{model}/infer`.
 *
 * Takes the forms that the plain route takes: columns by name, one row by name, the bare array of
 * a model with one input, an array of row objects.
 */
export function toV2Example(signature: Signature, example: Example): Example {
  if ("missing" in example) return example;
  const columns = toColumns(signature.inputs, example.value["inputs"]);
  const inputs = signature.inputs.map((spec) => {
    const value = columns[spec.name];
    const shape = shapeOf(value);
    // One row: its own axes without the batch axis.
    if (hasRows([spec]) && shape.length === spec.shape.length - 1) shape.unshift(1);
    return {
      name: spec.name,
      shape,
      datatype: spec.datatype,
      data: [value].flat(Number.POSITIVE_INFINITY),
    };
  });
  return { value: { inputs } };
}

/**
 * The JSON part of a binary v2 request, for models whose tensors are too large to be read. It
 * works with as many zero bytes behind it as it announces.
 *
 * @returns undefined for strings, which have no fixed width, and above {@link BINARY_LIMIT}.
 */
export function toBinaryExample({ inputs }: Signature): Json | undefined {
  const sizes = inputs.map((spec) => byteLength(spec.datatype, lengths(spec)));
  if (inputs.some((spec) => spec.datatype === "BYTES") || !(sum(sizes) <= BINARY_LIMIT))
    return undefined;
  return {
    inputs: inputs.map((spec, index) => ({
      name: spec.name,
      shape: lengths(spec),
      datatype: spec.datatype,
      parameters: { binary_data_size: sizes[index] },
    })),
  };
}

function toColumns(specs: readonly TensorSpec[], inputs: unknown): Record<string, unknown> {
  if (isObject(inputs)) return inputs;
  const rows = Array.isArray(inputs) ? inputs.filter((row) => isObject(row)) : [];
  if (rows.length === 0) return { [specs[0]?.name ?? ""]: inputs };
  return Object.fromEntries(
    specs.map((spec) => [spec.name, rows.map((row) => withBrackets(spec, row[spec.name]))]),
  );
}

/** A row of one element may stand without its brackets. */
function withBrackets(spec: TensorSpec, value: unknown): unknown {
  return spec.shape.length === 2 && !Array.isArray(value) ? [value] : value;
}

function zeros({ inputs }: Signature): Json {
  return Object.fromEntries(
    inputs.map((spec) => [spec.name, fill(zeroOf(spec.datatype), lengths(spec))]),
  );
}

/** Built only after the count is known to be small: a model may declare an axis of a billion. */
export function fill(value: unknown, shape: readonly number[]): unknown {
  return shape.reduceRight<unknown>((item, length) => Array.from({ length }, () => item), value);
}

export function zeroOf(datatype: Datatype): unknown {
  switch (DATATYPES[datatype].kind) {
    case "string":
      return "";
    case "bool":
      return false;
    default:
      return 0;
  }
}

function lengths(spec: TensorSpec): number[] {
  return spec.shape.map((dimension) => (typeof dimension === "number" ? dimension : 1));
}

function countElements(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + countElements(item), 0);
}

/** Lengths along the first elements; the example is known to be well formed. */
function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export function isInferenceBody(
  value: unknown,
): value is { readonly [key: string]: unknown; readonly inputs: unknown } {
  return isObject(value) && value["inputs"] !== undefined && value["inputs"] !== null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
