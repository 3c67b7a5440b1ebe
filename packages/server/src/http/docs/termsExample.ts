import type { InputField } from "@longshore/core/manifest";
import { elementCount } from "@longshore/core";
import type { PipelineTerms } from "../../processing/terms.ts";
import { EXAMPLE_LIMIT, fill, isInferenceBody, zeroOf, type Example } from "./example.ts";
import type { Json } from "./schema.ts";
import { isOptional } from "./terms.ts";

/** Characters above which an example is left out of the document, such as a large image. */
const EXAMPLE_CHARACTERS = 50_000;

/**
 * A body of a call in a bundle's own terms: the one given, else one row made of its fields'
 * examples.
 */
export function toTermsExample({ inputs }: PipelineTerms, given: unknown): Example {
  if (isInferenceBody(given) && JSON.stringify(given).length <= EXAMPLE_CHARACTERS)
    return { value: given };
  const large = Object.values(inputs).some(
    (field) => field.type === "tensor" && !(elementCount(field.shape) <= EXAMPLE_LIMIT),
  );
  if (large) return { missing: "No example: the values hold too many elements to be read." };
  const row = Object.entries(inputs)
    .filter(([, field]) => !isOptional(field) || "example" in field)
    .map(([name, field]) => [name, valueOf(field)]);
  return { value: { inputs: Object.fromEntries(row) as Json } };
}

/** The first row of an example, as an object by field. */
export function firstRow({ inputs }: PipelineTerms, example: Example): Json | undefined {
  if ("missing" in example) return undefined;
  const given = [example.value["inputs"]].flat()[0];
  const [only, ...others] = Object.keys(inputs);
  if (typeof given !== "object" || given === null)
    return only !== undefined && others.length === 0 ? { [only]: given } : undefined;
  const row = given as Json;
  // Columns: their first values.
  const lists = Object.entries(row).every(
    ([name, value]) => Array.isArray(value) && !isList(inputs[name]),
  );
  return lists
    ? Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value].flat()[0]]))
    : row;
}

function isList(field: InputField | undefined): boolean {
  return field?.type === "series" || field?.type === "tensor";
}

function valueOf(field: InputField): unknown {
  if ("example" in field && field.example !== undefined) return field.example;
  if ("default" in field && field.default !== undefined) return field.default;
  switch (field.type) {
    case "number":
      return inRange(field.range, field.integer === true);
    case "boolean":
      return true;
    case "category":
      return field.values?.[0] ?? "a";
    case "text":
      return "Some text.".slice(0, field.maxLength);
    case "date":
      return "2026-11-23";
    case "image":
      return GREY_PIXEL;
    case "audio":
      return SILENCE;
    case "series":
      return Array.from({ length: field.minLength ?? Math.min(8, field.maxLength ?? 8) }, () => 0);
    case "tensor":
      return fill(zeroOf(field.datatype), field.shape);
  }
}

function inRange(
  range: readonly [number | null, number | null] = [null, null],
  whole = false,
): number {
  const [low, high] = range;
  const middle = low !== null && high !== null ? (low + high) / 2 : (low ?? high ?? 0);
  return whole ? Math.round(middle) : middle;
}

/** A PNG of one pixel. */
const GREY_PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==";

/** A WAV file of eight samples at 8 kHz. */
const SILENCE = "UklGRjQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YRAAAAAAAAAAAAAAAAAAAAAAAAAA";
