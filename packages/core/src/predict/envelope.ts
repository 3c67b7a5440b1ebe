import { fail } from "../errors.ts";
import { expectKind } from "../json/fields.ts";
import { toNameTable } from "../json/nameTable.ts";
import { JsonReader } from "../json/reader.ts";
import { readRequestParameters, type RequestParameters } from "../json/requestParameters.ts";

/** What a call of the plain route says beside its inputs; absent where the caller left the default. */
export type CallParameters = Pick<RequestParameters, "priority" | "timeoutUs" | "sequence">;

/** A call of the plain route, its inputs in whatever form the bundle takes them. */
export interface Envelope<Inputs> {
  readonly inputs: Inputs;
  /** Outputs that are wanted, in this order; empty: all. */
  readonly outputs: readonly string[];
  readonly parameters: CallParameters;
}

/** How the inputs and outputs of an envelope are read. */
export interface EnvelopeForm<Inputs> {
  /** What a message says that `inputs` should be. */
  formatExpected(): string;
  readInputs(reader: JsonReader): Inputs;
  /** How many outputs there are. */
  readonly outputCount: number;
  /** @throws LongshoreError OUTPUT_UNKNOWN, OUTPUT_DUPLICATE */
  checkOutputs(names: readonly string[]): void;
}

const KEYS = toNameTable(["inputs", "outputs", "parameters"]);

/**
 * Reads the body of a call of the plain route:
 *
 * ```json
 * { "inputs": …, "outputs": ["label"], "parameters": { "priority": 1, "timeout": 50000 } }
 * ```
 *
 * `outputs` and `parameters` may be left out. `parameters` are those of the Open Inference Protocol:
 * `priority`, `timeout`, `sequence_id`, `sequence_start`, `sequence_end`. Other fields are passed over.
 *
 * @throws LongshoreError of the codes BODY_EMPTY, JSON_*, FIELD_*, PARAMETER_*, and those of `form`.
 */
export function readEnvelope<Inputs>(
  body: Uint8Array,
  maxDepth: number,
  form: EnvelopeForm<Inputs>,
): Envelope<Inputs> {
  if (body.length === 0)
    throw fail("BODY_EMPTY", { expected: 'a JSON object with the field "inputs"' });
  const reader = new JsonReader(body, maxDepth);
  let read: { readonly inputs: Inputs } | undefined;
  let outputs: readonly string[] = [];
  let parameters: CallParameters = {};
  expectKind(reader, "object", "body", "", 'an object with the field "inputs"');
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(KEYS);
    if (key === "inputs") read = { inputs: form.readInputs(reader) };
    else if (key === "outputs") outputs = readOutputs(reader, form);
    else if (key === "parameters") parameters = toCallParameters(readRequestParameters(reader));
    else reader.skipValue();
  }
  reader.finish();
  if (read === undefined)
    throw fail("FIELD_MISSING", { field: "inputs", where: "", expected: form.formatExpected() });
  return { inputs: read.inputs, outputs, parameters };
}

/** Leaves out what other routes take. */
function toCallParameters({ priority, timeoutUs, sequence }: RequestParameters): CallParameters {
  return {
    ...(priority !== undefined && { priority }),
    ...(timeoutUs !== undefined && { timeoutUs }),
    ...(sequence !== undefined && { sequence }),
  };
}

function readOutputs(
  reader: JsonReader,
  { outputCount, checkOutputs }: EnvelopeForm<unknown>,
): string[] {
  const names: string[] = [];
  expectKind(reader, "array", "outputs", "", "an array of output names");
  reader.openArray();
  while (reader.nextElement()) {
    expectKind(reader, "string", `outputs[${names.length}]`, "", "the name of an output");
    names.push(reader.readString());
    // One name too many is unknown or repeated, which the check says: no need to read on.
    if (names.length > outputCount) break;
  }
  checkOutputs(names);
  return names;
}
