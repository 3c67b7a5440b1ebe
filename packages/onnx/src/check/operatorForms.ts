import { ATTRIBUTE_TYPE } from "../proto/types.ts";
import { ML_FORMS, STANDARD_FORMS } from "./operatorForms.data.ts";

/** How an operator is written in a version of its domain. */
export interface OperatorForm {
  readonly inputs: Count;
  readonly outputs: Count;
  readonly attributes: ReadonlyMap<string, { readonly type: number; readonly required: boolean }>;
}

/** How many are allowed, both ends included; trailing ones may be left out down to `min`. */
export interface Count {
  readonly min: number;
  readonly max: number;
}

/** What a table of forms says about one operator: from each version on, its form or its end. */
type Versions = readonly { readonly since: number; readonly form: OperatorForm | undefined }[];

/** Standard forms of older versions are not in the table. */
export const FIRST_KNOWN_OPSET = 7;

/**
 * The form of an operator; undefined where the domain has no such operator in that version.
 *
 * @param domain `""` or `"ai.onnx.ml"`; see {@link hasForms}.
 */
export function operatorForm(
  domain: string,
  version: number,
  opType: string,
): OperatorForm | undefined {
  return table(domain)
    ?.get(opType)
    ?.findLast(({ since }) => since <= version)?.form;
}

/** Whether the forms of a domain's operators are known. */
export function hasForms(domain: string, version: number): boolean {
  return domain === "" ? version >= FIRST_KNOWN_OPSET : domain === "ai.onnx.ml";
}

const SOURCES: Readonly<Record<string, string>> = { "": STANDARD_FORMS, "ai.onnx.ml": ML_FORMS };
const tables = new Map<string, ReadonlyMap<string, Versions>>();

/** Read when first asked for. */
function table(domain: string): ReadonlyMap<string, Versions> | undefined {
  const source = SOURCES[domain];
  const known = tables.get(domain);
  if (known !== undefined || source === undefined) return known;
  const lines = source.trim().split("\n").map(readLine);
  const read = Map.groupBy(lines, ({ name }) => name);
  tables.set(domain, read);
  return read;
}

function readLine(line: string): { name: string; since: number; form: OperatorForm | undefined } {
  const [name = "", since = "", inputs = "", outputs = "", ...attributes] = line.split(" ");
  if (inputs === "gone") return { name, since: Number(since), form: undefined };
  const form = {
    inputs: readCount(inputs),
    outputs: readCount(outputs),
    attributes: new Map(attributes.map(readAttribute)),
  };
  return { name, since: Number(since), form };
}

function readCount(text: string): Count {
  if (text.endsWith("+")) return { min: Number.parseInt(text, 10), max: Number.POSITIVE_INFINITY };
  const [min, max = min] = text.split("-").map(Number);
  return { min: min ?? 0, max: max ?? 0 };
}

const LETTERS: Readonly<Record<string, number>> = {
  f: ATTRIBUTE_TYPE.FLOAT,
  i: ATTRIBUTE_TYPE.INT,
  s: ATTRIBUTE_TYPE.STRING,
  t: ATTRIBUTE_TYPE.TENSOR,
  g: ATTRIBUTE_TYPE.GRAPH,
  p: ATTRIBUTE_TYPE.SPARSE_TENSOR,
  y: ATTRIBUTE_TYPE.TYPE_PROTO,
  F: ATTRIBUTE_TYPE.FLOATS,
  I: ATTRIBUTE_TYPE.INTS,
  S: ATTRIBUTE_TYPE.STRINGS,
};

function readAttribute(text: string): [string, { type: number; required: boolean }] {
  const [name = "", letter = ""] = text.split(":");
  return [name, { type: LETTERS[letter.charAt(0)] ?? 0, required: letter.endsWith("!") }];
}
