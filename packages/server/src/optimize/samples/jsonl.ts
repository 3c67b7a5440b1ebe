import { fail, LongshoreError, type Signature, type Tensor, type Tensors } from "@longshore/core";
import { toBody } from "../../data/calls/json.ts";
import { toText, type DataFile } from "../../data/file.ts";
import { readJsonLines, type JsonLine } from "../../data/jsonl.ts";
import type { Batch, Samples } from "../samples.ts";
import { decodeBody } from "./decode.ts";
import {
  cutRows,
  findRowAxis,
  fixedRows,
  pickRows,
  stackRows,
  usableRows,
  type RowAxis,
} from "./rows.ts";

/**
 * Lines as `longshore predict` takes them: a body of the predict route, or a row. With labels, a
 * line is an object with one field more, which holds the row's label, or those of all its rows.
 * Rows may differ in their shapes.
 */
export function fromJsonLinesFile(
  file: DataFile,
  signature: Signature,
  labels: string | undefined,
): Samples {
  const axis = findRowAxis(signature);
  const rows: Tensors[] = [];
  const texts: string[] = [];
  for (const line of readJsonLines(toText(file), file.name)) {
    const where = (problem: string): LongshoreError =>
      fail("DATA_INVALID", { file: file.name, problem: `line ${line.line}: ${problem}` });
    const own = labels === undefined ? undefined : takeLabels(line, labels, where);
    const tensors = decodeLine(own?.rest ?? line.text, signature, axis, file.name, where);
    const found = axis.kind === "none" ? [tensors] : splitTensors(tensors, where);
    rows.push(...found);
    if (own === undefined) continue;
    if (own.labels.length !== found.length) {
      const got = `${own.labels.length} labels`;
      throw where(`expected a label for each row in "${labels}": ${found.length}, got ${got}`);
    }
    texts.push(...own.labels);
  }
  return {
    file: file.name,
    count: usableRows(rows.length, axis, file.name),
    notes: [],
    ...(labels !== undefined && { labels: texts }),
    ...fixedRows(axis),
    batches: (wanted, size) => batches(rows, wanted, size, axis),
  };
}

async function* batches(
  all: readonly Tensors[],
  rows: readonly number[],
  size: number,
  axis: RowAxis,
): AsyncGenerator<Batch> {
  const kind = (row: number): string =>
    [...all[row]!.values()].map(({ shape }) => shape.join()).join(";");
  for (const batch of cutRows(rows, size, axis, kind)) {
    const names = [...all[batch[0]!]!.keys()];
    const stack = (name: string): Tensor => stackRows(batch.map((row) => all[row]!.get(name)!));
    yield { rows: batch, tensors: new Map(names.map((name) => [name, stack(name)])) };
  }
}

type Where = (problem: string) => LongshoreError;

/** A line's inputs. */
function decodeLine(
  text: string,
  signature: Signature,
  axis: RowAxis,
  file: string,
  where: Where,
): Tensors {
  const value = JSON.parse(text) as unknown;
  const [only, ...others] = signature.inputs;
  let body: string;
  if (isObject(value)) {
    if ("inputs" in value) body = text;
    else body = toBody(axis.kind === "free" ? `[${text}]` : text, []);
  } else if (only !== undefined && others.length === 0) {
    const row = axis.kind === "free" ? `[${text}]` : text;
    body = toBody(`{${JSON.stringify(only.name)}:${row}}`, []);
  } else {
    const names = signature.inputs.map(({ name }) => name).join(", ");
    throw where(`expected an object with the inputs ${names}, as the model has several`);
  }
  try {
    return decodeBody(body, signature, file);
  } catch (error) {
    if (error instanceof LongshoreError) throw where(error.message);
    throw error;
  }
}

/** A batch as its rows. */
function splitTensors(tensors: Tensors, where: Where): Tensors[] {
  const lengths = new Set([...tensors.values()].map(({ shape }) => shape[0]));
  const [count = 0] = lengths;
  if (lengths.size !== 1) throw where("the inputs differ in their number of rows");
  return Array.from(
    { length: count },
    (_, row) => new Map(Array.from(tensors, ([name, tensor]) => [name, pickRows(tensor, [row])])),
  );
}

/** The labels of a line, and its text without them. */
function takeLabels(
  { text, value }: JsonLine,
  name: string,
  where: Where,
): { labels: string[]; rest: string } {
  if (!isObject(value) || !(name in value))
    throw where(`expected an object with the label in "${name}"`);
  const found = value[name];
  const labels = (Array.isArray(found) ? (found as unknown[]) : [found]).map((label) => {
    if (typeof label === "number" || typeof label === "boolean") return String(label);
    if (typeof label === "string" && label.trim() !== "") return label.trim();
    throw where(`"${name}": expected a number or text as label, got ${JSON.stringify(label)}`);
  });
  const { [name]: _, ...rest } = parseExactly(text) as Record<string, unknown>;
  return { labels, rest: JSON.stringify(rest) };
}

/** Numbers stay the very digits that they are written in. */
function parseExactly(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" && context?.source !== undefined ? rawJson(context.source) : value,
  );
}

const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
