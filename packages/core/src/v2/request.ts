import { fail } from "../errors.ts";
import type { InferRequest } from "../infer.ts";
import { expectKind } from "../json/fields.ts";
import { namesOf } from "../json/signatureNames.ts";
import { toNameTable } from "../json/nameTable.ts";
import { JsonReader } from "../json/reader.ts";
import { readRequestParameters, type RequestParameters } from "../json/requestParameters.ts";
import type { Tensor } from "../tensor.ts";
import { checkInputs, type DecodeLimits, type ModelContract } from "../validate.ts";
import type { WantedClasses } from "./classification.ts";
import { readInput, type InputSource } from "./input.ts";
import { readRequestedOutputs, type BinaryOutputs, type RequestedOutputs } from "./outputs.ts";
import { decodeRawRequest } from "./raw.ts";

/** A request as it came over the Open Inference Protocol. */
export interface DecodedInfer {
  readonly id?: string;
  readonly request: InferRequest;
  /** How long the caller will wait, in microseconds. */
  readonly timeoutUs?: number;
  readonly binaryOutputs: BinaryOutputs;
  /** Outputs that are wanted as classes (`classifyOutputs`); absent where none is. */
  readonly classes?: WantedClasses;
}

const REQUEST_KEYS = toNameTable(["inputs", "outputs", "id", "parameters"]);

/**
 * Decodes and checks the body of an infer call. Binary tensors stay views on the body.
 *
 * @param body the decompressed body.
 * @param headerLength value of `Inference-Header-Content-Length`: how many bytes are JSON, the
 *   binary tensors following; undefined where the whole body is JSON; 0 for a raw request.
 * @throws LongshoreError of the codes BODY_*, JSON_*, HEADER_INVALID, FIELD_*, PARAMETER_*, INPUT_*,
 *   OUTPUT_UNKNOWN, OUTPUT_DUPLICATE.
 */
export function decodeInferRequest(
  body: Uint8Array,
  headerLength: string | undefined,
  model: ModelContract,
  limits: DecodeLimits,
): DecodedInfer {
  const jsonLength = toJsonLength(headerLength, body.length);
  if (headerLength !== undefined && jsonLength === 0) {
    return decodeRawRequest(body, model, limits.maxElements);
  }
  if (body.length === 0)
    throw fail("BODY_EMPTY", { expected: 'a JSON object with the field "inputs"' });
  return decodeJsonRequest(body, jsonLength, headerLength !== undefined, model, limits);
}

function decodeJsonRequest(
  body: Uint8Array,
  jsonLength: number,
  hasHeader: boolean,
  model: ModelContract,
  limits: DecodeLimits,
): DecodedInfer {
  const json = jsonLength === body.length ? body : body.subarray(0, jsonLength);
  const reader = new JsonReader(json, limits.maxDepth);
  const source: InputSource = {
    reader,
    body,
    hasHeader,
    offset: jsonLength,
    names: namesOf(model.signature).inputs,
    model,
    maxElements: limits.maxElements,
  };
  let id: string | undefined;
  let inputs: Map<string, Tensor> | undefined;
  let outputs: RequestedOutputs | undefined;
  let parameters: RequestParameters | undefined;
  expectKind(reader, "object", "body", "", 'an object with the field "inputs"');
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(REQUEST_KEYS);
    if (key === "inputs") inputs = readInputs(source);
    else if (key === "outputs") outputs = readRequestedOutputs(reader, model);
    else if (key === "parameters") parameters = readRequestParameters(reader);
    else if (key === "id") {
      expectKind(reader, "string", "id", "", "a string");
      id = reader.readString();
    } else reader.skipValue();
  }
  reader.finish();
  if (inputs === undefined) {
    throw fail("FIELD_MISSING", { field: "inputs", where: "", expected: "an array of tensors" });
  }
  if (source.offset !== body.length) {
    throw fail("HEADER_INVALID", {
      header: "Inference-Header-Content-Length",
      problem: `${body.length - source.offset} bytes are left over after the last input's binary data`,
    });
  }
  checkInputs(model, inputs, limits);

  const request: Writable<InferRequest> = { inputs };
  const listed = outputs !== undefined && outputs.names.length > 0 ? outputs : undefined;
  if (listed !== undefined) request.outputs = listed.names;
  if (parameters?.priority !== undefined) request.priority = parameters.priority;
  if (parameters?.sequence !== undefined) request.sequence = parameters.sequence;
  // An output that is listed without `binary_data` stays JSON, whatever the request's default.
  const binaryOutputs = listed?.binary ?? (parameters?.binaryDataOutput === true ? "all" : "none");
  const decoded: Writable<DecodedInfer> = { request, binaryOutputs };
  if (id !== undefined) decoded.id = id;
  if (listed?.classes !== undefined) decoded.classes = listed.classes;
  if (parameters?.timeoutUs !== undefined) decoded.timeoutUs = parameters.timeoutUs;
  return decoded;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

function readInputs(source: InputSource): Map<string, Tensor> {
  const { reader } = source;
  const inputs = new Map<string, Tensor>();
  expectKind(reader, "array", "inputs", "", "an array of tensors");
  reader.openArray();
  while (reader.nextElement()) readInput(source, inputs);
  return inputs;
}

/** How many bytes of the body are JSON. */
function toJsonLength(headerLength: string | undefined, bodyLength: number): number {
  if (headerLength === undefined) return bodyLength;
  const header = "Inference-Header-Content-Length";
  if (!/^\d{1,15}$/.test(headerLength)) {
    const problem = `expected a number of bytes, got "${headerLength}"`;
    throw fail("HEADER_INVALID", { header, problem });
  }
  const length = Number(headerLength);
  if (length > bodyLength) {
    const problem = `${length} bytes of JSON are announced, but the body has ${bodyLength}`;
    throw fail("HEADER_INVALID", { header, problem });
  }
  return length;
}
