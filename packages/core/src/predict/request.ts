import { fail } from "../errors.ts";
import type { InferRequest } from "../infer.ts";
import { expectKind } from "../json/fields.ts";
import { toNameTable } from "../json/nameTable.ts";
import { JsonReader } from "../json/reader.ts";
import { readRequestParameters, type RequestParameters } from "../json/requestParameters.ts";
import { checkInputs, checkOutputs, type DecodeLimits, type ModelContract } from "../validate.ts";
import { readInputs, type PredictForm, type PredictInputs } from "./inputs.ts";

export type { PredictForm } from "./inputs.ts";

/** A request of the plain route. */
export interface DecodedPredict {
  readonly request: InferRequest;
  /** How the inputs were written, which the answer mirrors. */
  readonly form: PredictForm;
  /** How long the caller will wait, in microseconds. */
  readonly timeoutUs?: number;
}

const REQUEST_KEYS = toNameTable(["inputs", "outputs", "parameters"]);

/**
 * Decodes and checks the body of a predict call:
 *
 * ```json
 * { "inputs": …, "outputs": ["label"], "parameters": { "priority": 1, "timeout": 50000 } }
 * ```
 *
 * `outputs` and `parameters` may be left out. `readInputs` tells what `inputs` may be.
 *
 * @throws LongshoreError of the codes BODY_EMPTY, JSON_*, FIELD_*, PARAMETER_*, INPUT_*,
 *   BATCH_MISMATCH, OUTPUT_UNKNOWN, OUTPUT_DUPLICATE.
 */
export function decodePredict(
  body: Uint8Array,
  model: ModelContract,
  limits: DecodeLimits,
): DecodedPredict {
  const reader = new JsonReader(body, limits.maxDepth);
  let inputs: PredictInputs | undefined;
  let outputs: readonly string[] = [];
  let parameters: RequestParameters = {};
  if (body.length === 0)
    throw fail("BODY_EMPTY", { expected: 'a JSON object with the field "inputs"' });
  expectKind(reader, "object", "body", "", 'an object with the field "inputs"');
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(REQUEST_KEYS);
    if (key === "inputs") inputs = readInputs(reader, model, limits.maxElements);
    else if (key === "outputs") outputs = readOutputNames(reader, model);
    else if (key === "parameters") parameters = readRequestParameters(reader);
    else reader.skipValue();
  }
  reader.finish();
  if (inputs === undefined) {
    const expected = "nested arrays, or an object of them by input name";
    throw fail("FIELD_MISSING", { field: "inputs", where: "", expected });
  }
  checkInputs(model, inputs.tensors, limits);
  const { priority, timeoutUs, sequence } = parameters;
  return {
    request: {
      inputs: inputs.tensors,
      ...(outputs.length > 0 && { outputs }),
      ...(priority !== undefined && { priority }),
      ...(sequence !== undefined && { sequence }),
    },
    form: inputs.form,
    ...(timeoutUs !== undefined && { timeoutUs }),
  };
}

function readOutputNames(reader: JsonReader, model: ModelContract): string[] {
  const names: string[] = [];
  expectKind(reader, "array", "outputs", "", "an array of output names");
  reader.openArray();
  while (reader.nextElement()) {
    expectKind(reader, "string", `outputs[${names.length}]`, "", "the name of an output");
    names.push(reader.readString());
    // One name too many is unknown or repeated: no need to read on.
    if (names.length > model.signature.outputs.length) break;
  }
  checkOutputs(model, names);
  return names;
}
