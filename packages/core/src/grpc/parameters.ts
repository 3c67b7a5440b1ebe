import { fail, type LongshoreError } from "../errors.ts";
import type { SequencePosition } from "../infer.ts";
import { unsupported } from "../json/fields.ts";
import { toSequence } from "../json/requestParameters.ts";
import type { InferParameter } from "./messages.ts";

type Parameters = Readonly<Record<string, InferParameter>>;

/** The parameters of a request that Longshore acts on; absent where the caller left the default. */
export interface GrpcParameters {
  /** 1 is the highest. */
  readonly priority?: number;
  /** How long the caller will wait, in microseconds. */
  readonly timeoutUs?: number;
  readonly sequence?: SequencePosition;
  /** Whether the answer is to say that it is the last one of its request. */
  readonly markFinal?: boolean;
}

const NONE: GrpcParameters = {};

/**
 * Reads the parameters of a request. Unknown ones are passed over.
 *
 * Source: Triton `docs/protocol/extension_parameters.md`, `extension_schedule_policy.md`,
 * `extension_sequence.md`.
 *
 * @throws LongshoreError PARAMETER_INVALID
 */
export function readParameters(parameters: Parameters | undefined): GrpcParameters {
  if (parameters === undefined) return NONE;
  const priority = readUnsigned(parameters, "priority", "", 2 ** 32 - 1);
  const timeoutUs = readUnsigned(parameters, "timeout", "", Number.MAX_SAFE_INTEGER);
  const sequence = toSequence(
    readSequenceId(parameters),
    readFlag(parameters, "sequence_start"),
    readFlag(parameters, "sequence_end"),
  );
  const markFinal = readFlag(parameters, "triton_enable_empty_final_response");
  return {
    ...(priority > 0 && { priority }),
    ...(timeoutUs > 0 && { timeoutUs }),
    ...(sequence && { sequence }),
    ...(markFinal && { markFinal }),
  };
}

const MAX_CLASSES = 2 ** 32 - 1;

/**
 * How many classes are wanted of an output; 0 for its values themselves.
 *
 * @param where the place as messages show it, such as `" in outputs[0]"`.
 * @throws LongshoreError PARAMETER_INVALID, PARAMETER_UNSUPPORTED.
 */
export function readClassification(parameters: Parameters | undefined, where: string): number {
  if (parameters === undefined) return 0;
  refuseSharedMemory(parameters, where);
  return readUnsigned(parameters, "classification", where, MAX_CLASSES);
}

/** @throws LongshoreError PARAMETER_UNSUPPORTED for a tensor that is not in the message. */
export function refuseSharedMemory(parameters: Parameters | undefined, where: string): void {
  const region = "shared_memory_region";
  if (parameters?.[region] === undefined) return;
  throw unsupported(region, where, "send the elements in the message, and take them from it");
}

/** An integer from 0 to `max`; 0 where it is not given. */
function readUnsigned(
  parameters: Parameters,
  parameter: string,
  where: string,
  max: number,
): number {
  const given = parameters[parameter];
  if (given === undefined) return 0;
  const value = given.int64_param ?? given.uint64_param;
  if (value !== undefined && value >= 0n && value <= BigInt(max)) return Number(value);
  throw invalid(parameter, where, `an int64_param or uint64_param from 0 to ${max}`, given);
}

function readFlag(parameters: Parameters, parameter: string): boolean {
  const given = parameters[parameter];
  if (given === undefined) return false;
  if (given.bool_param !== undefined) return given.bool_param;
  throw invalid(parameter, "", "a bool_param", given);
}

function readSequenceId(parameters: Parameters): bigint | string {
  const given = parameters["sequence_id"];
  if (given === undefined) return "";
  const id = given.string_param ?? given.uint64_param ?? given.int64_param;
  if (id !== undefined && (typeof id === "string" || id >= 0n)) return id;
  throw invalid("sequence_id", "", "a string_param, or an integer from 0", given);
}

function invalid(
  parameter: string,
  where: string,
  expected: string,
  given: InferParameter,
): LongshoreError {
  const kinds = Object.entries(given).filter(([kind]) => kind !== "unknownFields");
  const got = kinds.map(([kind, value]) => `the ${kind} ${value}`).join() || "no value";
  return fail("PARAMETER_INVALID", { parameter, where, expected, got });
}
