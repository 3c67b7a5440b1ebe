import { DATATYPES, isDatatype } from "../datatype.ts";
import { fail, type LongshoreError } from "../errors.ts";
import type { InferRequest } from "../infer.ts";
import { Reader } from "../proto/index.ts";
import type { Tensor, TensorData } from "../tensor.ts";
import {
  checkedCount,
  checkInputs,
  checkOutputs,
  checkSpec,
  findInput,
  type InputLimits,
  type ModelContract,
} from "../validate.ts";
import { decodeByteElements } from "../v2/byteElements.ts";
import { checkClassification, type WantedClasses } from "../v2/classification.ts";
import { readContents } from "./contents.ts";
import { MODEL_INFER_REQUEST, type InferInputTensor, type ModelInferRequest } from "./messages.ts";
import {
  readClassification,
  readParameters,
  refuseSharedMemory,
  type GrpcParameters,
} from "./parameters.ts";

/** A request as it came over gRPC. */
export interface DecodedModelInfer extends Pick<GrpcParameters, "timeoutUs" | "markFinal"> {
  readonly request: InferRequest;
  /** Outputs of which the highest classes are wanted; absent for none. */
  readonly classes?: WantedClasses;
}

/**
 * Reads a message of an infer call. Raw tensors stay views of the bytes.
 *
 * @throws LongshoreError MESSAGE_INVALID
 */
export function readModelInferRequest(bytes: Uint8Array): ModelInferRequest {
  const message = MODEL_INFER_REQUEST.create();
  const reader = new Reader(bytes, (problem) => fail("MESSAGE_INVALID", { problem }));
  MODEL_INFER_REQUEST.read(reader, message);
  return message;
}

/**
 * Turns a message into a request for a model, and checks it.
 *
 * Elements are in `raw_input_contents`, one entry an input in their order, or in each input's
 * `contents`; never in both.
 *
 * @throws LongshoreError of the codes FIELD_MISSING, PARAMETER_*, INPUT_*, OUTPUT_UNKNOWN,
 *   OUTPUT_DUPLICATE.
 */
export function toInferRequest(
  message: ModelInferRequest,
  model: ModelContract,
  limits: InputLimits,
): DecodedModelInfer {
  const { priority, sequence, ...context } = readParameters(message.parameters);
  const raw = message.raw_input_contents;
  const inputs = new Map<string, Tensor>();
  for (const [index, input] of message.inputs.entries()) {
    const { name } = input;
    if (inputs.has(name)) throw fail("INPUT_DUPLICATE", { input: name });
    inputs.set(name, readInput(input, index, raw, model, limits));
  }
  if (raw !== undefined && raw.length > message.inputs.length) {
    const problem = `it has ${raw.length} entries for ${message.inputs.length} inputs; send one an input`;
    throw fail("FIELD_INVALID", { field: "raw_input_contents", where: "", problem });
  }
  checkInputs(model, inputs, limits);
  const { outputs, classes } = readOutputs(message, model);
  const request: InferRequest = {
    inputs,
    ...(outputs && { outputs }),
    ...(priority !== undefined && { priority }),
    ...(sequence && { sequence }),
  };
  return { ...context, request, ...(classes && { classes }) };
}

function readInput(
  input: InferInputTensor,
  index: number,
  raw: readonly Uint8Array[] | undefined,
  model: ModelContract,
  limits: InputLimits,
): Tensor {
  const { name, datatype, shape } = input;
  const where = ` in inputs[${index}]`;
  if (name === "") throw missing("name", where, "the name of an input");
  const spec = findInput(model, name);
  if (datatype === "") throw missing("datatype", where, `"${spec.datatype}"`);
  if (!isDatatype(datatype)) {
    const expected = Object.keys(DATATYPES).join(", ");
    throw fail("INPUT_DATATYPE", { input: name, datatype, expected });
  }
  refuseSharedMemory(input.parameters, where);
  checkSpec(spec, { datatype, shape });
  if (raw === undefined) {
    return { datatype, shape, data: readContents(name, datatype, input.contents ?? {}) };
  }
  if (input.contents !== undefined) {
    const problem = `it has "contents" beside raw_input_contents; send one of the two`;
    throw fail("INPUT_DATA", { input: name, problem });
  }
  const bytes = raw[index];
  if (bytes === undefined) {
    const problem = `raw_input_contents has ${raw.length} entries only; send one an input`;
    throw fail("INPUT_DATA", { input: name, problem });
  }
  const data: TensorData =
    datatype === "BYTES"
      ? decodeByteElements(name, bytes, checkedCount(name, shape, limits.maxElements))
      : bytes;
  return { datatype, shape, data };
}

function readOutputs(
  { outputs = [] }: ModelInferRequest,
  model: ModelContract,
): { readonly outputs?: readonly string[]; readonly classes?: WantedClasses } {
  if (outputs.length === 0) return {};
  const names: string[] = [];
  const classes = new Map<string, number>();
  for (const [index, { name, parameters }] of outputs.entries()) {
    const where = ` in outputs[${index}]`;
    if (name === "") throw missing("name", where, "the name of an output");
    const count = readClassification(parameters, where);
    if (count > 0) {
      checkClassification(model, name, where);
      classes.set(name, count);
    }
    names.push(name);
  }
  checkOutputs(model, names);
  return { outputs: names, ...(classes.size > 0 && { classes }) };
}

function missing(field: string, where: string, expected: string): LongshoreError {
  return fail("FIELD_MISSING", { field, where, expected });
}
