import { fail, type Signature } from "@longshore/core";
import { parseJson, readJsonLines, type JsonLine } from "../jsonl.ts";
import { MAX_SIZE, rowsPerCall, type Call, type Calls } from "./call.ts";

/**
 * Makes a call of a JSON document: a body of the plain route, or its `inputs` alone.
 *
 * The text itself is sent on, not what JavaScript makes of it: 64-bit integers stay exact.
 *
 * @throws LongshoreError DATA_INVALID
 */
export function fromJson(text: string, outputs: readonly string[], file: string): Calls {
  const value = parseJson(text, file);
  const body = isBody(value) ? withOutputs(text, value, outputs, file) : toBody(text, outputs);
  return { calls: [{ body }], carried: [], notes: [] };
}

/**
 * Makes calls of JSON Lines: a line is a body of the plain route, or one row: an object by input
 * name, or for a model with a single input the row itself. Rows that follow each other share a call.
 *
 * @throws LongshoreError DATA_INVALID
 */
export function fromJsonLines(
  text: string,
  signature: Signature,
  outputs: readonly string[],
  file: string,
  limit: number | undefined,
): Calls {
  const lines = readJsonLines(text, file).slice(0, limit);
  return { calls: makeCalls(), carried: [], notes: [] };

  function* makeCalls(): Generator<Call> {
    let rows: JsonLine[] = [];
    let size = 0;
    const perCall = rowsPerCall(signature);
    for (const line of lines) {
      const [first] = rows;
      const alone = isBody(line.value);
      if (
        first !== undefined &&
        (alone || kindOf(first) !== kindOf(line) || rows.length >= perCall || size >= MAX_SIZE)
      ) {
        yield toCall(rows);
        rows = [];
        size = 0;
      }
      if (alone) {
        yield { body: withOutputs(line.text, line.value, outputs, file) };
      } else {
        rows.push(line);
        size += line.text.length;
      }
    }
    if (rows.length > 0) yield toCall(rows);
  }

  function toCall(rows: readonly JsonLine[]): Call {
    const array = `[${rows.map((row) => row.text).join(",")}]`;
    const [only, ...others] = signature.inputs;
    if (kindOf(rows[0]!) === "object") return { body: toBody(array, outputs) };
    if (only === undefined || others.length > 0) {
      const names = signature.inputs.map((spec) => spec.name).join(", ");
      const problem = `line ${rows[0]!.line}: expected an object with the inputs ${names}, as the model has several`;
      throw fail("DATA_INVALID", { file, problem });
    }
    return { body: toBody(`{${JSON.stringify(only.name)}:${array}}`, outputs) };
  }
}

/** A body of the plain route around the text of its inputs. */
export function toBody(inputs: string, outputs: readonly string[]): string {
  return outputs.length === 0
    ? `{"inputs":${inputs}}`
    : `{"inputs":${inputs},"outputs":${JSON.stringify(outputs)}}`;
}

/** Adds the outputs asked for to a body's text. */
function withOutputs(
  body: string,
  value: object,
  outputs: readonly string[],
  file: string,
): string {
  if (outputs.length === 0) return body;
  if ("outputs" in value) {
    throw fail("DATA_INVALID", { file, problem: 'names its "outputs" itself; leave --output out' });
  }
  return body.replace("{", () => `{"outputs":${JSON.stringify(outputs)},`);
}

function isBody(value: unknown): value is { readonly inputs: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "inputs" in value;
}

function kindOf({ value }: JsonLine): "object" | "row" {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? "object" : "row";
}
