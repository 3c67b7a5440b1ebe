import {
  fail,
  isDatatype,
  type LongshoreError,
  type Signature,
  type TensorSpec,
} from "@longshore/core";
import type { CodeModel, CodeTensorSpecs } from "./defineModel.ts";

/** What a module exported, checked; its functions take and give what its own types say. */
export interface Definition {
  readonly signature: Signature;
  readonly load: ((context: { readonly folder: string }) => unknown) | undefined;
  readonly predict: (inputs: Readonly<Record<string, unknown>>, state: unknown) => unknown;
}

const KEYS = ["inputs", "outputs", "load", "predict"];

/**
 * Reads what a module exports as a code model.
 *
 * @throws LongshoreError CODE_FAILED with what is wrong in the definition.
 */
export function readDefinition(
  exported: Readonly<Record<string, unknown>>,
  file: string,
): Definition {
  const wrong = (problem: string): LongshoreError => fail("CODE_FAILED", { file, problem });
  const model = exported["default"];
  if (!isObject(model)) throw wrong("expected `export default defineModel({ … })`");
  const { load, predict } = model as unknown as CodeModel<CodeTensorSpecs, CodeTensorSpecs>;
  const unknown = Object.keys(model).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw wrong(`defineModel does not take "${unknown}"; it takes ${KEYS.join(", ")}`);
  if (typeof predict !== "function") throw wrong("`predict` is not a function");
  if (load !== undefined && typeof load !== "function") throw wrong("`load` is not a function");
  const signature = {
    inputs: readSpecs(model["inputs"], "inputs", wrong),
    outputs: readSpecs(model["outputs"], "outputs", wrong),
  };
  return {
    signature,
    load: load as Definition["load"],
    predict: predict as unknown as Definition["predict"],
  };
}

function readSpecs(
  specs: unknown,
  kind: string,
  wrong: (problem: string) => LongshoreError,
): TensorSpec[] {
  if (!isObject(specs) || Object.keys(specs).length === 0)
    throw wrong(`\`${kind}\` is not an object with a tensor for each name`);
  return Object.entries(specs).map(([name, spec]) => {
    const at = `${kind}.${name}`;
    if (!isObject(spec)) throw wrong(`${at} is not an object with datatype and shape`);
    const { datatype, shape, labels } = spec;
    if (typeof datatype !== "string" || !isDatatype(datatype))
      throw wrong(`${at}.datatype is ${quote(datatype)}, which is not a data type such as "FP32"`);
    if (!Array.isArray(shape) || !shape.every(isDimension))
      throw wrong(`${at}.shape is not a list of lengths and symbols such as ["N", 3]`);
    if (labels === undefined) return { name, datatype, shape: [...shape] };
    if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string"))
      throw wrong(`${at}.labels is not a list of texts`);
    if (labels.length !== shape.at(-1))
      throw wrong(`${at}.labels has ${labels.length} labels for a last axis of ${shape.at(-1)}`);
    return { name, datatype, shape: [...shape], labels: [...labels] };
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDimension(value: unknown): value is number | string {
  return typeof value === "string"
    ? value !== ""
    : Number.isSafeInteger(value) && (value as number) >= 0;
}

function quote(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : typeof value;
}
